"use strict";
// The dominator tree as a picture one can walk in: an icicle, widths are
// retained bytes, or a treemap. Layouts by d3-hierarchy.
(() => {
  const data = document.getElementById("tree");
  const chart = document.getElementById("chart");
  if (data === null || chart === null) return;

  const kRow = 24;        // pixels
  const kRows = 14;       // levels of the icicle
  const kNarrowest = 3;   // pixels; what would be narrower is left out
  const kLevels = 4;      // of the treemap
  const kKinds = ["other", "class, code", "object", "array, hash", "string", "data"];

  const linked = "linked" in data.dataset;
  const nodes = JSON.parse(data.textContent).map(
    ([above, label, held, count, size, retained, address, kind], at) =>
      ({ at, above, label, held, count, size, retained, address, kind, below: [] }));
  for (const node of nodes.slice(1)) nodes[node.above].below.push(node);
  if (nodes[0].retained === 0) return;

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // As heapq prints them.
  function bytes(number) {
    if (number < 1000) return number + " B";
    const units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let value = number / 1000;
    let unit = 0;
    while (value >= 999.95 && unit + 1 < units.length) {
      value /= 1000;
      ++unit;
    }
    return value.toFixed(1) + " " + units[unit];
  }
  const grouped = (number) => number.toLocaleString("en-US");
  const share = (node) => (100 * node.retained / nodes[0].retained).toFixed(1) + "%";
  function name(node) {
    if (node.count > 1) return grouped(node.count) + " \u00d7 " + node.label;
    if (!node.held || node.held === node.label) return node.label;
    // A name that the program chose comes first, and so does the object where
    // the reference has none.
    return /^(?:Ruby itself|an? |the |shared root|code of )/.test(node.held)
      ? node.label + "  " + node.held : node.held + "  " + node.label;
  }

  let focus = nodes[0];
  let treemap = false;
  let wanted = "";
  const shown = new Map();  // node to its button

  const way = element("div", { id: "way" });
  const map = element("div", { id: "map" });
  map.setAttribute("role", "group");
  map.setAttribute("aria-label", "Retained bytes by dominator tree");
  const told = element("div", { id: "told" });
  const find = element("input", { type: "search", placeholder: "Mark what is called \u2026",
    ariaLabel: "Mark nodes" });
  const icicleButton = element("button", { type: "button" }, "Icicle");
  const treemapButton = element("button", { type: "button" }, "Treemap");
  const key = element("div", { className: "key" },
    ...kKinds.map((kind, i) => element("span", { className: "k" + i }, kind)));

  function tell(node) {
    const facts = [`retains ${bytes(node.retained)} (${share(node)})`,
      `${bytes(node.size)} itself`];
    if (node.count > 1) facts.push(`each ${bytes(Math.round(node.retained / node.count))} on average`);
    const title = element("div", {}, element("code", {}, name(node)));
    const line = element("div", { className: "soft" }, facts.join(", "));
    if (node.address) {
      line.append(", ", linked
        ? element("a", { href: "/object/" + node.address }, element("code", {}, node.address))
        : element("code", { className: "command" }, "heapq why-alive " + node.address));
    }
    told.replaceChildren(title, line);
  }

  function zoom(node) {
    focus = node;
    draw(true);
    tell(node);
    shown.get(node)?.focus({ preventScroll: true });
  }

  // One node above another, from the roots to the one in focus.
  function showWay() {
    const steps = [];
    for (let node = focus; ; node = nodes[node.above]) {
      steps.unshift(node);
      if (node.at === 0) break;
    }
    way.replaceChildren();
    steps.forEach((node, i) => {
      if (i > 0) way.append(" \u203a ");
      if (i + 1 === steps.length) {
        way.append(element("strong", {}, name(node)));
      } else {
        const button = element("button", { type: "button" }, name(node));
        button.addEventListener("click", () => zoom(node));
        way.append(button);
      }
    });
  }

  // [node, depth, x, y, width, height], in pixels.
  function layOut(width) {
    const root = d3.hierarchy(focus, (node) => node.below);
    root.each((place) => { place.value = place.data.retained; });
    if (treemap) {
      const height = Math.max(320, Math.min(560, width * 0.55));
      d3.treemap().size([width, height]).paddingTop(kRow - 2).paddingInner(2)
        .paddingLeft(2).paddingRight(2).paddingBottom(2)(root);
      return { height, places: root.descendants()
        .filter((place) => place.depth < kLevels)
        .map((p) => [p.data, p.depth, p.x0, p.y0, p.x1 - p.x0, p.y1 - p.y0]) };
    }
    d3.partition().size([width, 1])(root);
    const places = root.descendants()
      .filter((p) => p.depth < kRows && p.x1 - p.x0 >= kNarrowest)
      .map((p) => [p.data, p.depth, p.x0, p.depth * kRow, p.x1 - p.x0, kRow]);
    const rows = 1 + Math.max(...places.map(([, depth]) => depth));
    return { height: rows * kRow, places };
  }

  function make(node) {
    const button = element("button", { type: "button", className: "k" + node.kind,
      tabIndex: -1, title: `${name(node)}\n${bytes(node.retained)}, ${share(node)}` });
    button.dataset.at = node.at;
    return button;
  }

  function draw(moving) {
    map.classList.toggle("moving", moving);
    const { height, places } = layOut(map.clientWidth);
    map.style.height = height + "px";
    const gone = new Set(shown.keys());
    for (const [node, depth, x, y, width, high] of places) {
      if (width < kNarrowest || high < kNarrowest) continue;
      let button = shown.get(node);
      if (button === undefined) {
        button = make(node);
        shown.set(node, button);
        map.append(button);
      }
      gone.delete(node);
      button.textContent = treemap ? `${name(node)}  ${bytes(node.retained)}` : name(node);
      button.classList.toggle("narrow", width < 28 || high < 14);
      button.classList.toggle("found", wanted !== "" && name(node).toLowerCase().includes(wanted));
      button.tabIndex = node === focus ? 0 : -1;
      button.style.left = x + "px";
      button.style.top = y + "px";
      button.style.width = width + "px";
      button.style.height = high + "px";
      // A button's text stands in its middle; that of a box with others in it
      // belongs above these.
      const filled = treemap && node.below.length > 0 && depth + 1 < kLevels;
      button.style.paddingBottom = filled ? Math.max(0, high - kRow) + "px" : "";
      button.style.zIndex = depth;  // of a treemap's boxes the inner one is on top
    }
    for (const node of gone) {
      shown.get(node).remove();
      shown.delete(node);
    }
    icicleButton.setAttribute("aria-pressed", String(!treemap));
    treemapButton.setAttribute("aria-pressed", String(treemap));
    showWay();
  }

  const nodeOf = (event) => {
    const button = event.target.closest("#map button");
    return button === null ? null : nodes[button.dataset.at];
  };
  // The node in focus again: back up by one.
  function open(node) {
    zoom(node === focus && node.at !== 0 ? nodes[node.above] : node);
  }
  map.addEventListener("click", (event) => {
    const node = nodeOf(event);
    if (node !== null) open(node);
  });
  for (const kind of ["mouseover", "focusin"]) {
    map.addEventListener(kind, (event) => {
      const node = nodeOf(event);
      if (node !== null) tell(node);
    });
  }
  map.addEventListener("mouseleave", () => tell(focus));
  map.addEventListener("keydown", (event) => {
    const node = nodeOf(event);
    if (node === null) return;
    if (event.key === "Escape") {
      if (focus.at !== 0) zoom(nodes[focus.above]);
      return;
    }
    const siblings = node.at === 0 ? [node] : nodes[node.above].below;
    const place = siblings.indexOf(node);
    const next = { ArrowUp: node === focus ? undefined : nodes[node.above],
      ArrowDown: node.below[0], ArrowLeft: siblings[place - 1],
      ArrowRight: siblings[place + 1] }[event.key];
    if (next !== undefined && shown.has(next)) {
      event.preventDefault();
      shown.get(next).focus({ preventScroll: true });
    }
  });
  find.addEventListener("input", () => {
    wanted = find.value.trim().toLowerCase();
    draw(false);
  });
  icicleButton.addEventListener("click", () => {
    treemap = false;
    draw(false);
  });
  treemapButton.addEventListener("click", () => {
    treemap = true;
    draw(false);
  });

  chart.append(element("div", { className: "tools" }, way, find, icicleButton, treemapButton),
    map, told, key);
  chart.hidden = false;
  document.getElementById("outline").open = false;
  draw(false);
  tell(focus);
  let drawn = map.clientWidth;
  new ResizeObserver(() => {
    if (map.clientWidth === drawn) return;
    drawn = map.clientWidth;
    draw(false);
  }).observe(chart);
})();
