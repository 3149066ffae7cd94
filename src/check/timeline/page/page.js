// Shows one step at a time: in the picture, in the list, and in the source.
addEventListener("DOMContentLoaded", () => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const items = all(".steps > li");
  const picture = one(".picture");
  if (items.length === 0) return;
  const last = items.length - 1;
  let now = -1;

  const show = (wanted) => {
    const at = Math.max(0, Math.min(last, wanted));
    if (at === now) return;
    now = at;
    const item = items[at];
    const { file, line } = item.dataset;
    const current = (element, is) => element.classList.toggle("now", is);
    const stop = String(at + 1);
    items.forEach((other) => current(other, other === item));
    all("svg .step").forEach((step) => current(step, step.dataset.step === stop));
    all("svg .arrow[data-to]").forEach((arrow) =>
      current(arrow, arrow.dataset.from === stop || arrow.dataset.to === stop));
    all("figure[data-file]").forEach((figure) => current(figure, figure.dataset.file === file));
    all("figure li").forEach((source) => {
      const own = source.closest("figure").dataset.file === file;
      const is = own ? String(source.value) === line : false;
      current(source, is);
      if (is) source.setAttribute("aria-current", "step");
      else source.removeAttribute("aria-current");
      if (is) reveal(source.parentElement, source);
    });
    const box = one("svg .step.now .box");
    if (box) reveal(picture, box, true);
    one(".at").textContent = `${at + 1} of ${items.length}`;
    one("[role=status]").textContent = [...item.querySelectorAll("h3, p, ul li")]
      .map((part) => part.textContent).join(". ");
    one("[data-go=first]").disabled = one("[data-go=back]").disabled = at === 0;
    one("[data-go=on]").disabled = one("[data-go=last]").disabled = at === last;
  };

  // Scrolls a pane of its own, never the page; across only where lanes lie beside each other.
  const reveal = (pane, part, across) => {
    const [outer, inner] = [pane.getBoundingClientRect(), part.getBoundingClientRect()];
    const hidden = (low, high, first, last) => first + 40 > low ? true : high > last - 40;
    const down = hidden(inner.top, inner.bottom, outer.top, outer.bottom)
      ? (inner.top + inner.bottom - outer.top - outer.bottom) / 2 : 0;
    const right = across ? hidden(inner.left, inner.right, outer.left, outer.right)
      ? (inner.left + inner.right - outer.left - outer.right) / 2 : 0 : 0;
    if (down || right) pane.scrollBy(right, down);
  };

  const ways = {
    first: () => 0, back: () => now - 1, on: () => now + 1, last: () => last,
  };
  const keys = {
    ArrowDown: "on", ArrowRight: "on", j: "on", ArrowUp: "back", ArrowLeft: "back", k: "back",
    Home: "first", End: "last",
  };
  addEventListener("keydown", (event) => {
    const way = keys[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    // Where text is scrolled, the arrows scroll it.
    if (event.target.closest("pre, .source ol")) return;
    const sideways = /Left|Right/.test(event.key);
    const scrolls = event.target === picture ? picture.scrollWidth > picture.clientWidth : false;
    if (sideways ? scrolls : false) return;
    event.preventDefault();
    show(ways[way]());
  });
  all("[data-go]").forEach((button) => button.addEventListener("click", () => {
    show(ways[button.dataset.go]());
    // A button that is off would lose the focus, and with it the place on the page.
    if (button.disabled) one("nav button:enabled").focus();
  }));
  all("svg .step").forEach((step) =>
    step.addEventListener("click", () => show(Number(step.dataset.step) - 1)));
  const linked = () => {
    const at = items.findIndex((item) => "#" + item.id === location.hash);
    if (at !== -1) show(at);
  };
  addEventListener("hashchange", linked);
  // Without the jump that a link would make: the step is in sight where the last one was.
  all(".steps a").forEach((link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    show(items.findIndex((item) => "#" + item.id === link.hash));
    items[now].focus({ preventScroll: true });
  }));
  addEventListener("beforeprint", () => all("details").forEach((part) => { part.open = true; }));

  document.documentElement.classList.add("stepping");
  one("nav").hidden = false;
  linked();
  if (now === -1) show(0);
});
