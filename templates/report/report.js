// The table of all keys: search, filters, order and pages. It reads the constant KEYTURN of keys.js, fetches nothing,
// and keeps at most one page of rows in the document, however many keys there are.
"use strict";

(() => {
  const PAGE = 50;
  const DAY = 86400000;
  const SOON = 14;
  const [ID, PROVIDER, STATUS, TIER, STRATEGY, OWNERS, TAGS, AGE, DUE, ISSUE] = Array(10).keys();
  const TIERS = ["critical", "standard", "low"];
  const { today, names, issues } = KEYTURN;
  const find = (id) => document.getElementById(id);
  const form = find("filters");
  const body = document.querySelector("#sheet tbody");
  const word = (place) => names[place];
  const words = (places) => places.map(word);

  const keys = KEYTURN.keys.map((row, turn) => ({
    turn,
    id: row[ID],
    provider: word(row[PROVIDER]),
    status: word(row[STATUS]),
    tier: word(row[TIER]),
    strategy: word(row[STRATEGY]),
    owners: words(row[OWNERS]),
    tags: words(row[TAGS]),
    age: row[AGE],
    due: row[DUE],
    issue: row[ISSUE],
    text: [row[ID], word(row[PROVIDER]), ...words(row[OWNERS]), ...words(row[TAGS])].join(" ").toLowerCase(),
  }));

  // -- what is shown -----------------------------------------------------------------------------------------------

  const isExpected = (key) => key.status !== "waived" && key.status !== "retired";
  const near = new Date(Date.parse(today) + SOON * DAY).toISOString().slice(0, 10);
  const spans = {
    urgent: (key) => key.status === "leaked" || key.status === "expired",
    late: (key) => isExpected(key) && key.due < today,
    soon: (key) => isExpected(key) && key.due >= today && key.due <= near,
  };
  const filters = {
    provider: (key, wanted) => key.provider === wanted,
    owner: (key, wanted) => key.owners.some((login) => login.toLowerCase() === wanted),
    tier: (key, wanted) => key.tier === wanted,
    tag: (key, wanted) => key.tags.includes(wanted),
    status: (key, wanted) => (spans[wanted] ? spans[wanted](key) : key.status === wanted),
    strategy: (key, wanted) => key.strategy === wanted,
    due: (key, wanted) => key.due === wanted,
    q: (key, wanted) => wanted.toLowerCase().split(/\s+/).every((part) => key.text.includes(part)),
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const orders = {
    key: (key) => key.id,
    status: (key) => key.status,
    tier: (key) => TIERS.indexOf(key.tier),
    owners: (key) => key.owners.join(),
    age: (key) => (key.age === null ? Infinity : key.age),
    due: (key) => key.due,
    issue: (key) => key.issue ?? Infinity,
  };

  let page = 0;
  let found = keys;

  const chosen = () => Object.keys(filters).filter((name) => form.elements[name].value.trim());

  function select() {
    const wanted = chosen().map((name) => [filters[name], form.elements[name].value.trim()]);
    found = keys.filter((key) => wanted.every(([fits, value]) => fits(key, value)));
    const order = form.elements.sort.value;
    const by = orders[order.replace("-", "")];
    const sign = order.startsWith("-") ? -1 : 1;
    if (by) found.sort((a, b) => sign * compare(by(a), by(b)) || a.turn - b.turn);
  }

  // -- rows --------------------------------------------------------------------------------------------------------

  function made(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  const link = (href, text) => made("a", { href }, text);
  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const ownerPage = (login) => `owners/${encodeURIComponent(login.toLowerCase().replace("[bot]", ".bot"))}.html`;

  function cell(label, name, ...children) {
    const element = made(label === "Key" ? "th" : "td", { className: name }, ...children);
    element.dataset.label = label;
    element.setAttribute("role", label === "Key" ? "rowheader" : "cell");
    if (label === "Key") element.scope = "row";
    return element;
  }

  function row(key) {
    const owners = key.owners.flatMap((login, at) => [at ? ", " : "", link(ownerPage(login), login)]);
    const number = `#${key.issue}`;
    const issue = key.issue === null ? made("span", { className: "quiet" }, "none") : number;
    const cells = [
      cell("Key", "", link(`keys/${key.id}.html`, key.id)),
      cell("Status", "", made("span", { className: `chip is-${key.status}` }, key.status)),
      cell("Tier", "", key.tier),
      cell("Owners", "", made("span", {}, ...owners)),
      cell("Age", "number", key.age === null ? "unknown" : counted(key.age, "day")),
      cell("Due", "number", made("time", { dateTime: key.due }, key.due)),
      cell("Issue", "number", issues && key.issue !== null ? link(`${issues}/${key.issue}`, number) : issue),
    ];
    const element = made("tr", {}, ...cells);
    element.setAttribute("role", "row");
    return element;
  }

  function show(from, to) {
    body.replaceChildren(...found.slice(from, to).map(row));
  }

  function draw() {
    const last = Math.max(Math.ceil(found.length / PAGE) - 1, 0);
    page = Math.min(page, last);
    show(page * PAGE, (page + 1) * PAGE);
    const [from, to] = [Math.min(page * PAGE + 1, found.length), Math.min((page + 1) * PAGE, found.length)];
    const of = found.length === keys.length ? counted(keys.length, "key") : `${counted(found.length, "key")} of ${keys.length}`;
    find("shown").textContent = found.length ? `${from} to ${to} of ${of}` : "No key fits; “Show all” takes the filters back.";
    find("pages").hidden = last === 0;
    find("place").textContent = `Page ${page + 1} of ${last + 1}`;
    find("previous").disabled = page === 0;
    find("next").disabled = page === last;
    for (const head of heads) {
      const order = form.elements.sort.value;
      const is = order.replace("-", "") === head.name;
      head.cell.setAttribute("aria-sort", is ? (order.startsWith("-") ? "descending" : "ascending") : "none");
    }
  }

  // -- controls ----------------------------------------------------------------------------------------------------

  function change() {
    page = 0;
    select();
    draw();
    const kept = [...chosen(), ...(form.elements.sort.value ? ["sort"] : [])];
    const state = new URLSearchParams(kept.map((name) => [name, form.elements[name].value.trim()]));
    history.replaceState(null, "", `#${state}`);
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    form.reset();
    for (const name of [...Object.keys(filters), "sort"]) if (state.get(name)) form.elements[name].value = state.get(name);
    page = 0;
    select();
    draw();
  }

  function turn(step) {
    page += step;
    draw();
    find("shown").scrollIntoView({ block: "start" });
  }

  const heads = [...document.querySelectorAll("#sheet thead th")].map((head) => {
    const name = head.textContent.toLowerCase();
    const button = made("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => {
      form.elements.sort.value = form.elements.sort.value === name ? `-${name}` : name;
      change();
    });
    head.replaceChildren(button);
    return { name, cell: head };
  });

  for (const name of ["provider", "owner", "tier", "tag", "status", "strategy"]) {
    const values = new Set(keys.flatMap((key) => (name === "owner" ? key.owners.map((login) => login.toLowerCase()) : name === "tag" ? key.tags : key[name])));
    form.elements[name].append(...[...values].sort().map((value) => made("option", { value }, value)));
  }
  const named = { urgent: "leaked or expired", late: "past the due day", soon: `due within ${SOON} days` };
  form.elements.status.append(...Object.entries(named).map(([value, text]) => made("option", { value }, text)));
  for (const name of Object.keys(orders)) if (![...form.elements.sort.options].some((each) => each.value === `-${name}`)) form.elements.sort.append(made("option", { value: `-${name}` }, `${name}, backwards`));

  form.addEventListener("input", change);
  form.addEventListener("reset", () => setTimeout(change));
  form.addEventListener("submit", (event) => event.preventDefault());
  find("previous").addEventListener("click", () => turn(-1));
  find("next").addEventListener("click", () => turn(1));
  addEventListener("hashchange", restore);
  addEventListener("beforeprint", () => show(0, found.length)); // on paper there are no pages to turn
  addEventListener("afterprint", draw);
  addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      form.elements.q.focus();
    }
  });
  form.hidden = false;
  restore();
})();
