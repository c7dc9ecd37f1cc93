"use strict";
// Lists that sort by a click on a column's title, filter as one types, and
// begin short.
(() => {
  const kShort = 12;

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function valueOf(cell) {
    const text = cell.dataset.v ?? cell.textContent;
    if (!cell.classList.contains("n")) return text.toLowerCase();
    return text === "" ? -Infinity : Number(text.replaceAll(",", ""));
  }

  function enhance(table) {
    const body = table.tBodies[0];
    const list = table.closest(".list");
    let rows = [...body.rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    let all = false;

    const filter = element("input", {
      type: "search", placeholder: "Filter",
      ariaLabel: "Filter " + list.querySelector("h3").textContent });
    const told = element("span", { className: "soft" });
    told.setAttribute("role", "status");
    const more = element("button", { className: "more", type: "button" });

    function show() {
      const wanted = filter.value.trim().toLowerCase();
      const found = rows.filter((row) => texts.get(row).includes(wanted));
      const most = all || wanted ? found.length : kShort;
      body.replaceChildren(...found.slice(0, most));
      told.textContent = wanted ? `${found.length} of ${rows.length}` : "";
      more.hidden = found.length <= kShort || wanted !== "";
      more.textContent = all ? "Show fewer" : `Show all ${found.length}`;
    }

    [...table.tHead.rows[0].cells].forEach((title, column) => {
      if (title.tagName !== "TH") return;
      const button = element("button", { type: "button" }, title.textContent);
      title.replaceChildren(button);
      const numbers = title.classList.contains("n");
      button.addEventListener("click", () => {
        const before = title.getAttribute("aria-sort");
        const first = numbers ? "descending" : "ascending";
        const other = numbers ? "ascending" : "descending";
        const order = before === first ? other : first;
        for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
        title.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const keyed = rows.map((row) => [valueOf(row.cells[column]), row]);
        keyed.sort(([a], [b]) => (a < b ? -sign : a > b ? sign : 0));
        rows = keyed.map(([, row]) => row);
        show();
      });
    });

    filter.addEventListener("input", show);
    more.addEventListener("click", () => {
      all = !all;
      show();
    });
    const scroll = table.closest(".scroll");
    if (rows.length > kShort) {
      scroll.before(element("div", { className: "tools" }, filter, told));
      scroll.after(more);
    }
    show();
  }

  document.querySelectorAll("table[data-list]").forEach(enhance);
})();
