"use strict";
// Sorts the leaderboards, shows and hides tasks and families, and says what the nearest point of a chart shows.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("scripted");

  const spoken = document.querySelector("#spoken");

  const keyOf = (row, place, words) => {
    const text = row.cells[place].dataset.key;
    return text === "" ? null : words ? text : Number(text);
  };

  const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other, "en") : one - other);

  const sort = (head) => {
    const board = head.closest("table");
    const words = head.classList.contains("words");
    const upwards = words || head.classList.contains("fewer");
    const first = upwards ? "ascending" : "descending";
    const second = upwards ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? second : first;
    const sign = order === "ascending" ? 1 : -1;
    all("th[aria-sort]", board).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const rows = [...board.tBodies[0].rows].map((row) => [keyOf(row, head.cellIndex, words), row]);
    rows.sort(([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null);
      return sign * compare(one, other);
    });
    board.tBodies[0].append(...rows.map(([, row]) => row));
    spoken.textContent = `Sorted by ${head.innerText.trim()}, ${order}.`;
  };

  all(".board thead button").forEach((button) => {
    button.addEventListener("click", () => sort(button.closest("th")));
  });

  const showFamily = (box) => {
    all(`[data-family="${box.value}"]`).forEach((part) => part.classList.toggle("off-family", !box.checked));
  };
  const boxes = all("#families input");
  boxes.forEach((box) => box.addEventListener("change", () => showFamily(box)));
  const setAll = (checked) => boxes.forEach((box) => {
    box.checked = checked;
    showFamily(box);
  });
  document.querySelector("#every-family").addEventListener("click", () => setAll(true));
  document.querySelector("#no-family").addEventListener("click", () => setAll(false));

  const chosen = document.querySelector("#task-choice");
  const showTask = () => {
    all("[data-task]").forEach((part) => {
      part.classList.toggle("off-task", chosen.value !== "" && part.dataset.task !== chosen.value);
    });
  };
  chosen.addEventListener("change", showTask);
  boxes.forEach(showFamily); // a browser may remember the choices of an earlier visit
  showTask();

  const tip = document.querySelector("#tip");
  const reach = 28; // pixels within which a point is found
  const said = new Map();
  all("svg title").forEach((title) => {
    said.set(title.parentNode, title.textContent);
    title.remove(); // the browser would show it a second time
  });

  const nearest = (chart, event) => {
    let best = null;
    let least = reach;
    for (const point of all("use", chart)) {
      if (!said.has(point)) continue;
      const box = point.getBoundingClientRect();
      if (box.width === 0) continue;
      const away = Math.hypot(box.x + box.width / 2 - event.clientX, box.y + box.height / 2 - event.clientY);
      if (away < least) [best, least] = [point, away];
    }
    return best;
  };

  const showTip = (event) => {
    const chart = event.target.closest("figure svg");
    const point = chart && nearest(chart, event);
    tip.hidden = !point;
    if (!point) return;
    tip.textContent = said.get(point);
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, window.innerWidth - width - 4))}px`;
    tip.style.top = `${event.clientY - height - 12 > 4 ? event.clientY - height - 12 : event.clientY + 16}px`;
  };
  document.addEventListener("pointermove", showTip);
  document.addEventListener("pointerdown", showTip);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
})();
