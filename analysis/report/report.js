"use strict";
(() => {
  const collator = new Intl.Collator("en-GB", { numeric: true });

  // What a cell sorts by: `data-sort` if it has one, else the number it begins with, else its text.
  const keyOf = (cell) => {
    const text = (cell?.dataset.sort ?? cell?.textContent ?? "").trim();
    const found = text.match(/^[<>≤≥]?\s*([+\-−]?\d[\d,]*\.?\d*(e[+-]?\d+)?)(?=$|[\s%(±])/i);
    const number = found ? parseFloat(found[1].replace("−", "-").replaceAll(",", "")) : NaN;
    return { text, number, empty: ["", "–", "—", "-"].includes(text) };
  };

  const compare = (a, b) => {
    if (a.empty || b.empty) return 0;
    if (!Number.isNaN(a.number) && !Number.isNaN(b.number) && a.number !== b.number) return a.number - b.number;
    return collator.compare(a.text, b.text);
  };

  // The cell in a column, where an earlier one may span several.
  const cellAt = (row, column) => {
    let end = 0;
    return Array.from(row.cells).find((cell) => (end += cell.colSpan) > column);
  };

  // What is sorted as one: a row, and those below it that compare it with the paper. Baselines stay at the end.
  const unitsOf = (body) => {
    const units = [];
    for (const row of body.rows) {
      if (row.classList.contains("paper") && units.length) units.at(-1).rows.push(row);
      else units.push({ rows: [row], last: row.classList.contains("baseline"), place: units.length });
    }
    return units;
  };

  // First click: ascending; second: descending; third: as it was.
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  const sort = (table, units, header) => {
    const direction = NEXT[header.getAttribute("aria-sort") ?? "none"];
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    if (direction !== "none") header.setAttribute("aria-sort", direction);
    const sign = { none: 0, ascending: 1, descending: -1 }[direction];
    const column = header.cellIndex;
    const keys = new Map(units.map((unit) => [unit, keyOf(cellAt(unit.rows[0], column))]));
    const order = (a, b) => {
      if (!sign) return a.place - b.place;
      const [first, second] = [keys.get(a), keys.get(b)];
      // Cells without a value stay last in both directions.
      return a.last - b.last || (a.last ? 0 : first.empty - second.empty || sign * compare(first, second)) || a.place - b.place;
    };
    table.tBodies[0].append(...[...units].sort(order).flatMap((unit) => unit.rows));
  };

  const makeSortable = (table) => {
    const heads = table.tHead?.rows;
    if (!heads?.length || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) return;
    const units = unitsOf(table.tBodies[0]);
    for (const header of heads[heads.length - 1].cells) {
      if (!header.textContent.trim()) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(table, units, header));
      header.append(button);
    }
  };

  document.querySelectorAll("main table").forEach(makeSortable);

  // Paper cannot be clicked: all is open while printing.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("main details:not([open])"));
    closed.forEach((details) => { details.open = true; });
  });
  window.addEventListener("afterprint", () => { closed.forEach((details) => { details.open = false; }); });

  // On a phone the contents would fill the first screen; on a wide one they are beside the text.
  const contents = document.querySelector(".contents details");
  const wide = window.matchMedia("(min-width: 70rem)");
  const fold = () => { contents.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();

  // A link to something in a folded part opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    target?.closest("details")?.setAttribute("open", "");
  };
  window.addEventListener("hashchange", reveal);
  reveal();
})();
