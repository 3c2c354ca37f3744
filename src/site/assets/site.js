// Tables that sort by any column, and filter by words and by the values of marked columns. Adds no number.
"use strict";
(() => {
  const MOST_CHOICES = 60;

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  /** What a cell sorts by: its unrounded number where it has one, else its words; empty cells last. */
  const key = (cell) => {
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    const number = Number(text);
    return text !== "" && Number.isFinite(number) ? number : text;
  };

  const compare = (a, b, sign) => {
    const numbers = typeof a === "number" && typeof b === "number";
    if (numbers) return sign * (a - b);
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    if ((a === "") !== (b === "")) return a === "" ? 1 : -1;
    return sign * a.localeCompare(b, "en", { numeric: true });
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => {
        // A rate is looked for from its top, a name from its start.
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const rows = [...body.rows].map((row) => ({ row, key: key(row.cells[column]) }));
        rows.sort((a, b) => compare(a.key, b.key, sign));
        body.append(...rows.map((r) => r.row));
      });
      head.replaceChildren(button);
    });
  };

  const filterable = (table) => {
    const rows = [...table.tBodies[0].rows];
    const words = make("input", { type: "search", autocomplete: "off" });
    const tools = make("div", { className: "tools" }, make("label", {}, "Search", words));
    const choices = [];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.dataset.filter === undefined) return;
      const text = (row) => row.cells[column].textContent.replace(/\[\d+\]/g, "").trim();
      const values = [...new Set(rows.map(text))].filter((v) => v !== "").sort((a, b) => a.localeCompare(b, "en"));
      if (values.length < 2 || values.length > MOST_CHOICES) return;
      const select = make("select", {}, make("option", { value: "", textContent: "all" }));
      select.append(...values.map((value) => make("option", { value, textContent: value })));
      tools.append(make("label", {}, head.textContent, select));
      choices.push({ select, text });
    });
    const count = make("output");
    tools.append(count);
    const apply = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const all = row.textContent.toLowerCase();
        const fits =
          wanted.every((word) => all.includes(word)) &&
          choices.every(({ select, text }) => select.value === "" || select.value === text(row));
        row.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      count.textContent = `${shown} of ${rows.length}`;
    };
    tools.addEventListener("input", apply);
    apply();
    table.closest(".scroll").before(tools);
  };

  for (const table of document.querySelectorAll('table[data-enhance="table"]')) {
    filterable(table);
    sortable(table);
  }

  // A link into something folded unfolds it.
  const unfold = () => {
    const target = document.getElementById(window.location.hash.slice(1));
    const folded = target?.closest("details");
    if (folded) folded.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();
})();
