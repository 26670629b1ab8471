// What was typed into a form is kept while one looks elsewhere, but for secrets.

const kept = (field) => field.name && field.name !== "csrfmiddlewaretoken" && field.type !== "password" && !("secret" in field.dataset);

export function keepTyped(form) {
  const key = `job ${form.dataset.keep}`;
  const fields = () => [...form.elements].filter(kept);
  const isRefused = form.querySelector("[role=alert]");
  const stored = isRefused ? null : sessionStorage.getItem(key);
  if (stored) {
    const values = JSON.parse(stored);
    for (const field of fields()) {
      if (!(field.name in values)) continue;
      if (field.type === "checkbox") field.checked = values[field.name].includes(field.value);
      else [field.value] = values[field.name];
    }
  }
  const keep = () => {
    const values = {};
    for (const field of fields()) {
      values[field.name] ||= [];
      if (field.type !== "checkbox") values[field.name].push(field.value);
      else if (field.checked) values[field.name].push(field.value);
    }
    sessionStorage.setItem(key, JSON.stringify(values));
  };
  if (isRefused) keep();
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  const forget = () => sessionStorage.removeItem(key);
  form.addEventListener("submit", forget);
  form.querySelector("[data-forget]")?.addEventListener("click", forget);
}
