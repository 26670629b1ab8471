// How many users the filter would hold now, and some of them.
import { element, newId, settled } from "../../face/element.js";

const number = new Intl.NumberFormat("en");

export class Preview {
  constructor(box, server) {
    this.box = box;
    this.server = server;
    const title = newId("preview");
    this.progress = element("progress", { class: "fq-progress", "aria-label": "Counting users", hidden: true });
    this.size = element("p", { class: "fq-size", role: "status" });
    this.users = element("ul", { class: "fq-users", "aria-label": "Some of these users" });
    this.element = element(
      "section",
      { class: "fq-preview", "aria-labelledby": title },
      element("h3", { class: "fq-preview-title", id: title }, "Users who match now"),
      this.progress,
      this.size,
      this.users
    );
    this.later = settled(400, () => this.ask());
  }

  // Called with whether the text can be read, whenever that is known anew.
  checked(readable) {
    if (readable) this.later();
    else this.unknown();
  }

  wait() {
    this.later.cancel();
    this.element.classList.add("fq-stale");
  }

  // Called while a condition of the builder lacks something.
  unfinished() {
    this.unknown();
    this.size.textContent = "Complete the conditions to see who matches.";
  }

  unknown() {
    this.later.cancel();
    this.asked = null;
    this.progress.hidden = true;
    this.size.textContent = this.box.text.trim() ? "Correct the filter to see who matches." : "Add a condition to see who matches.";
    this.users.replaceChildren();
    this.element.classList.remove("fq-stale");
  }

  async ask() {
    const text = this.box.text;
    this.asked = text;
    this.progress.hidden = false;
    const answer = await this.server.preview(text);
    if (answer === undefined || this.asked !== text || text !== this.box.text) return;
    this.progress.hidden = true;
    if (answer === null) this.size.textContent = "The users could not be counted. They are counted again when the filter changes.";
    else if (answer.size === null) this.unknown();
    else this.show(answer);
  }

  show({ size, margin, exact, users }) {
    const about = exact
      ? "counted over all users"
      : `± ${number.format(margin)}, in 95 of 100 cases; from a random sample of the users`;
    this.size.replaceChildren(
      element("strong", { class: "fq-count" }, `${exact ? "" : "about "}${number.format(size)}`),
      ` ${size === 1 ? "user" : "users"} `,
      element("span", { class: "f-note" }, about)
    );
    this.users.replaceChildren(...users.map(user));
    this.element.classList.remove("fq-stale");
  }
}

function user({ label, url }) {
  const hint = element("span", { class: "sr-only" }, " (opens in a new tab)");
  return element("li", {}, element("a", { href: url, target: "_blank", class: "f-link" }, label, hint));
}
