// The builder: shows a filter as groups and conditions, writes the text as they change.
import { element, settled } from "../../face/element.js";
import { groupElement } from "./rows.js";

const UNANSWERED = "The server did not answer. Log in again, or try again in a moment.";

export class Builder {
  constructor(box, server, language) {
    this.box = box;
    this.server = server;
    this.language = language;
    this.fields = {};
    this.segments = {};
    this.model = null;
    this.text = null;
    this.dirty = false;
    this.later = settled(200, () => this.write());
    this.notice = element("p", { class: "f-message f-message-warning", hidden: true });
    this.tree = element("div", { class: "fqb-tree" });
    this.element = element("div", { class: "fqb" }, this.notice, this.tree);
    box.input.addEventListener("input", () => this.overtaken());
  }

  // Shows what the text says now, unless that is shown already.
  async open() {
    const text = this.box.text;
    if (text === this.text) return;
    this.tree.replaceChildren();
    const answer = await this.server.show(text);
    if (answer === null) this.say(UNANSWERED);
    if (!answer || text !== this.box.text) return;
    this.text = text;
    this.model = answer.model;
    if (!answer.model) return this.refuse();
    Object.assign(this.fields, answer.fields);
    Object.assign(this.segments, answer.segments);
    this.say(this.comments() ? "The comments between the conditions are dropped when you change something here." : "");
    this.render();
  }

  // What was built is given up once the text is changed by hand.
  overtaken() {
    if (this.box.text === this.text) return;
    this.later.cancel();
    this.dirty = false;
  }

  refuse() {
    this.tree.replaceChildren();
    const mend = element("button", { type: "button", class: "f-link", onclick: () => this.onText() }, "Correct it in FilterQL");
    this.say("The filter holds an error, so it cannot be shown here. ", mend);
  }

  say(...words) {
    this.notice.hidden = !words[0];
    this.notice.replaceChildren(...words);
  }

  comments() {
    const { tokens } = this.box;
    const begun = tokens.findIndex((token) => token.kind === "keyword");
    return tokens.some((token, place) => token.kind === "comment" && place > begun);
  }

  render(focusKey = "") {
    this.tree.replaceChildren(groupElement(this.model, [], this));
    const target = focusKey && this.tree.querySelector(`[data-focus="${focusKey}"]`);
    if (target) target.focus();
  }

  rebuild(focusKey) {
    this.render(focusKey);
    this.changed();
  }

  add(group, path, item, part) {
    group.items.push(item);
    const place = [...path, group.items.length - 1];
    this.rebuild(part === "0:field" ? `${[...place, 0]}:field` : `${place}:${part}`);
  }

  remove(path) {
    const parent = path.slice(0, -1);
    const group = parent.reduce((item, place) => item.items[place], this.model);
    group.items.splice(path.at(-1), 1);
    this.rebuild(`${parent}:add-condition`);
  }

  changed() {
    this.dirty = true;
    this.later();
  }

  // Says whether the text now is what the builder shows.
  async write() {
    this.later.cancel();
    const model = this.model;
    if (!model.items.length) {
      this.told([{ path: [], message: "Add a condition, a segment or a group." }]);
      return false;
    }
    const answer = await this.server.write(model, this.box.text);
    if (answer === null) this.say(UNANSWERED);
    if (!answer) return false;
    if (this.notice.textContent === UNANSWERED) this.say("");
    this.told(answer.problems || []);
    if (answer.problems) {
      this.onIncomplete();
      return false;
    }
    this.dirty = false;
    this.text = answer.filterql;
    if (answer.filterql === this.box.text) this.onComplete();
    else this.box.set(answer.filterql);
    return true;
  }

  told(problems) {
    const said = new Map(problems.map(({ path, message }) => [String(path), message]));
    for (const hint of this.tree.querySelectorAll("[data-hint]")) {
      hint.textContent = said.get(hint.dataset.hint) || "";
      hint.hidden = !hint.textContent;
    }
  }

  // What is not written yet is written first; what is not finished is not saved.
  async submitting(event) {
    if (!this.dirty) return;
    event.preventDefault();
    const { submitter, target } = event;
    if (await this.write()) {
      target.requestSubmit(submitter);
      return;
    }
    this.element.classList.add("fqb-insists");
    this.onUnfinished();
    const first = this.tree.querySelector("[data-hint]:not([hidden])");
    if (first) first.scrollIntoView({ block: "center" });
  }
}
