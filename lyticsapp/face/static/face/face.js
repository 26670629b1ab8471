// The menu on narrow screens, menus that close, filters, rows chosen, copying.
(function () {
  const sidebar = document.getElementById("f-sidebar");
  const opener = document.querySelector(".f-menu-button");

  function setMenu(open) {
    sidebar.classList.toggle("f-open", open);
    opener.setAttribute("aria-expanded", String(open));
    (open ? sidebar.querySelector(".f-menu-close") : opener).focus();
  }

  document.querySelectorAll("[data-toggle-menu]").forEach((button) =>
    button.addEventListener("click", () => setMenu(!sidebar.classList.contains("f-open")))
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.f-menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (sidebar && sidebar.classList.contains("f-open")) {
      setMenu(false);
    }
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.f-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-filter]")) location.search = event.target.value;
  });

  const chosen = document.querySelector("[data-chosen]");
  if (chosen) {
    const all = document.getElementById("action-toggle");
    const rows = [...document.querySelectorAll("input.action-select")];
    const count = () => {
      const number = rows.filter((row) => row.checked).length;
      all.checked = number === rows.length;
      chosen.textContent = `${number} chosen`;
    };
    all.addEventListener("change", () => {
      rows.forEach((row) => (row.checked = all.checked));
      count();
    });
    rows.forEach((row) => row.addEventListener("change", count));
    window.addEventListener("pageshow", count);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    const label = button.querySelector("[data-copy-label]") || button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
      label.textContent = "Copied";
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      label.textContent = "Selected: press Ctrl+C";
    }
    setTimeout(() => (label.textContent = before), 2500);
  }
})();
