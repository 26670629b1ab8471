// Where the values of a condition are given, by type.
import { element } from "../../face/element.js";
import { shape, UNITS } from "./operators.js";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function valuesElement(item, type, changed) {
  const kind = shape(item);
  if (kind === "none") return [];
  if (kind === "span") return [span(item, changed)];
  if (kind === "many") return [many(item, type, changed)];
  if (kind === "one") return [single(item, 0, type, "Value", changed)];
  const and = element("span", { class: "fqb-word" }, "and");
  return [single(item, 0, type, "From", changed), and, single(item, 1, type, "To", changed)];
}

function kindOf(value, type) {
  if (value) return Object.keys(value)[0];
  if (type === "bool") return "bool";
  return type === "int" || type === "number" ? "number" : "text";
}

function single(item, place, type, name, changed) {
  const value = item.values[place];
  const kind = kindOf(value, type);
  const set = (given) => {
    item.values[place] = given;
    changed();
  };
  if (kind === "bool") return truth(value, name, set);
  const given = value ? value[kind] : "";
  return field({ name, type, kind, given, set: (text) => set(text === "" ? null : { [kind]: text }) });
}

function field({ name, type, kind, given, set }) {
  const day = type === "date" && kind === "text" && (given === "" || DAY.test(given));
  return element("input", {
    class: "f-input fqb-value",
    type: day ? "date" : "text",
    inputMode: kind === "number" ? "decimal" : undefined,
    "aria-label": name,
    placeholder: placeholder(kind, type),
    value: given,
    oninput: (event) => set(kind === "number" ? event.target.value.trim() : event.target.value),
  });
}

function placeholder(kind, type) {
  if (kind === "number") return "number";
  return type === "date" ? "2026-01-31 or now-7d" : "value";
}

function truth(value, name, set) {
  const made = element(
    "select",
    { class: "f-input fqb-value", "aria-label": name, onchange: (event) => set({ bool: event.target.value === "true" }) },
    element("option", { value: "true" }, "true"),
    element("option", { value: "false" }, "false")
  );
  made.value = String(value ? value.bool : true);
  if (!value) set({ bool: true });
  return made;
}

function span(item, changed) {
  const set = (part) => {
    item.values = [{ ...item.values[0], ...part }];
    changed();
  };
  const [{ amount, unit }] = item.values;
  const units = element(
    "select",
    { class: "f-input", "aria-label": "Unit", onchange: (event) => set({ unit: event.target.value }) },
    Object.entries(UNITS).map(([key, name]) => element("option", { value: key }, name))
  );
  units.value = unit;
  const count = element("input", {
    class: "f-input fqb-amount", type: "number", min: "1", max: "999999", step: "1", "aria-label": "How many",
    value: amount === null ? "" : String(amount),
    oninput: (event) => set({ amount: /^\d+$/.test(event.target.value) ? Number(event.target.value) : null }),
  });
  return element("span", { class: "fqb-span" }, count, units);
}

// Several values, each with a button that takes it out; Enter adds what was typed.
function many(item, type, changed) {
  const kind = kindOf(item.values[0], type === "list" ? "string" : type);
  const chips = element("span", { class: "fqb-chips" });
  const input = element("input", {
    class: "f-input fqb-value", type: "text", "aria-label": "Add a value", placeholder: "type, then Enter",
    inputMode: kind === "number" ? "decimal" : undefined,
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      add();
    },
    onblur: () => add(),
  });
  const draw = () => chips.replaceChildren(...item.values.map(chip));
  const chip = (value, place) => {
    const text = String(Object.values(value)[0]);
    const remove = () => {
      item.values.splice(place, 1);
      draw();
      input.focus();
      changed();
    };
    return element(
      "span",
      { class: "fqb-chip" },
      element("span", {}, text === "" ? "(empty)" : text),
      element("button", { type: "button", class: "fqb-unchip", "aria-label": `Take out ${text}`, onclick: remove }, "×")
    );
  };
  const add = () => {
    const text = kind === "number" ? input.value.trim() : input.value;
    if (text === "") return;
    item.values.push(kind === "bool" ? { bool: text.toLowerCase() === "true" } : { [kind]: text });
    input.value = "";
    draw();
    changed();
  };
  draw();
  return element("span", { class: "fqb-many" }, chips, input);
}
