// What the server knows. A newer question of a kind ends the older one.

export class Server {
  constructor(root, form) {
    this.addresses = root.dataset;
    this.segment = root.dataset.segment || "";
    this.form = form;
    this.asking = {};
  }

  check(text) {
    const slug = this.form.elements.slug ? this.form.elements.slug.value : "";
    return this.post("check", { filterql: text, slug, segment: this.segment });
  }

  show(text) {
    return this.post("show", { filterql: text });
  }

  write(model, text) {
    return this.post("write", { model: JSON.stringify(model), filterql: text });
  }

  preview(text) {
    return this.post("preview", { filterql: text });
  }

  words(typed, kind) {
    const query = new URLSearchParams({ typed, kind, segment: this.segment });
    return this.ask("words", `${this.addresses.words}?${query}`, {});
  }

  post(part, values) {
    const body = new FormData();
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    return this.ask(part, this.addresses[part], { method: "POST", body });
  }

  // The answer; null where none came, undefined where a newer question ended this one.
  async ask(part, address, options) {
    if (this.asking[part]) this.asking[part].abort();
    const ended = new AbortController();
    this.asking[part] = ended;
    try {
      const response = await fetch(address, { ...options, signal: ended.signal });
      return response.ok ? await response.json() : null;
    } catch (error) {
      return error.name === "AbortError" ? undefined : null;
    }
  }
}
