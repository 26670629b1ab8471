// The values a field can have, asked of the server a page at a time.

export class Choices {
  constructor(form, box) {
    this.form = form;
    this.address = box.dataset.choices;
    this.after = JSON.parse(box.dataset.choicesAfter || "[]");
  }

  // The label of the field that has to be filled in first; empty where none is missing.
  get missing() {
    const name = this.after.find((each) => !this.form.elements[each]?.value);
    if (!name) return "";
    const label = this.form.querySelector(`label[for="${this.form.elements[name].id}"]`);
    return label ? label.textContent.replace("*", "").trim() : name;
  }

  // {choices, next, error}; undefined where a newer question has ended this one.
  async page(search, start = "") {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const body = new FormData();
    for (const name of this.after) body.set(name, this.form.elements[name].value);
    body.set("search", search);
    body.set("start", start);
    body.set("authorization", this.form.dataset.authorization);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    try {
      const response = await fetch(this.address, { method: "POST", body, signal: asking.signal });
      if (response.ok) return await response.json();
    } catch (error) {
      if (error.name === "AbortError") return undefined;
    }
    return { choices: [], next: "", error: "The server did not answer. Type the value, or try again." };
  }
}
