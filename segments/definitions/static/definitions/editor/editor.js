// Makes an editor and a builder of the plain text box of a filter.
import { Builder } from "./builder.js";
import { Completion } from "./completion.js";
import { element } from "../../face/element.js";
import { Language } from "./language.js";
import { Preview } from "./preview.js";
import { Problems } from "./problems.js";
import { Server } from "./server.js";
import { Tabs } from "./tabs.js";
import { TextBox } from "./textbox.js";

function start(root) {
  const input = root.querySelector("textarea");
  const { form } = input;
  const language = new Language(root.dataset.keywords);
  const server = new Server(root, form);
  const status = element("p", { class: "sr-only", role: "status" });
  const box = new TextBox(input, language);
  const preview = new Preview(box, server);
  const problems = new Problems(box, server, (readable) => preview.checked(readable));
  new Completion(box, server, (text) => (status.textContent = text));
  const builder = new Builder(box, server, language);

  const text = element(
    "div",
    { class: "fq-written" },
    box.element,
    problems.element,
    element("p", { class: "f-note fq-keys" }, "Ctrl+Space or Alt+↓ suggests fields, functions and segments.")
  );
  const tabs = new Tabs("How to edit the filter", [
    { key: "builder", title: "Builder", label: "Build the filter", panel: builder.element, open: () => builder.open() },
    { key: "text", title: "FilterQL", label: "Write the filter", panel: text },
  ]);
  builder.onText = () => tabs.choose("text");
  builder.onComplete = () => preview.checked(true);
  builder.onIncomplete = () => preview.unfinished();
  builder.onUnfinished = () => tabs.choose("builder");
  root.append(tabs.list, builder.element, text, preview.element, status);
  root.classList.add("fq-ready");

  const refusal = document.querySelector(".field-filterql .errorlist");
  input.addEventListener("input", () => {
    preview.wait();
    if (refusal) refusal.remove();
  });
  form.addEventListener("submit", (event) => builder.submitting(event));
  // Only in the text is there a place to show what cannot be read.
  const unreadable = refusal && refusal.querySelector(".f-caret");
  tabs.show(unreadable ? "text" : tabs.remembered("builder"));
  problems.check();
}

document.querySelectorAll("[data-fq]").forEach(start);
