// Making elements: properties, data and listeners in one object, then children.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function icon(name) {
  return element("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);
}

let made = 0;

export function newId(name) {
  made += 1;
  return `fq-${name}-${made}`;
}

// Calls once nothing has happened for a while.
export function settled(wait, call) {
  let timer;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(call, wait, ...values);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
