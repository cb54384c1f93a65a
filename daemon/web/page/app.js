// The dashboard. Reads /api/v1/jobs, .../builds, /api/v1/events/stream and /api/v1/sinks; writes nothing but its own page
// (and the chosen theme into localStorage). What comes from the API is put in as text, never as markup.
"use strict";
(() => {
  const PAGE_OF_JOBS = 500;      // asked for at once; the answer's `next` decides
  const STRIP = 30;              // builds in a strip
  const CHART = 100;             // builds in a job's own view
  const ROWS = 3000;             // rows shown at most; the filter narrows
  const ROWS_AT_ONCE = 250;      // rows made before the browser gets its turn
  const LOADERS = 3;             // build lists fetched at once: browsers keep six connections a host, the stream has one
  const HEARTBEAT = 5_000;       // ms between looks at the sinks, which also tell that the server lives
  const PACE = { connecting: 15_000, live: 15_000, polling: 10_000, resting: 60_000 }; // ms between full looks at the jobs, at least
  const GRACE = 10_000;          // ms hidden after which the stream is let go, so that many tabs starve none
  const STREAM_AGAIN = [2_000, 300_000]; // ms until a stream is tried again, doubling
  const ANSWER_WITHIN = 10_000;  // ms
  const SIGN_WITHIN = 5_000;     // ms for a stream to begin, and for a sign of life where one is doubted

  // --- theme: first, so that nothing flashes

  const THEMES = ["auto", "dark", "light"];
  let theme = "auto";
  try { theme = THEMES.find((known) => known === localStorage.getItem("buildwatch-theme")) ?? "auto"; } catch { /* no storage */ }
  function wear() {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
  wear();

  // --- small tools

  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  }
  const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
  const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

  function say(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }
  function mark(node, name, value) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
  const show = (node, shown) => { if (node.hidden === shown) node.hidden = !shown; };
  const shape = (look) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#shape-${look}` }));
  const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
  const by_name = new Intl.Collator("en", { numeric: true }).compare;

  // --- time. The server's clock counts: a wall's own may be wrong.

  let ahead_by = 0; // ms
  const now = () => Date.now() + ahead_by;
  const at = (instant) => (instant ? Date.parse(instant) : NaN);

  function learn_clock(date) {
    const ahead = at(date) - Date.now();
    if (!Number.isNaN(ahead)) ahead_by = Math.abs(ahead) > 2_000 ? ahead : 0;
  }

  /// "1 h 13 min"; seconds below ten minutes.
  function span(seconds) {
    const s = Math.max(0, Math.round(seconds)), minutes = Math.floor(s / 60), hours = Math.floor(minutes / 60);
    const two = (a, unit, b, smaller) => (b ? `${a} ${unit} ${b} ${smaller}` : `${a} ${unit}`);
    if (s < 60) return `${s} s`;
    if (minutes < 10) return two(minutes, "min", s % 60, "s");
    if (hours < 1) return `${minutes} min`;
    if (hours < 24) return two(hours, "h", minutes % 60, "min");
    return two(Math.floor(hours / 24), "d", hours % 24, "h");
  }

  /// Time left is never known to the second.
  function about(seconds) {
    if (seconds < 90) return `${Math.max(5, Math.round(seconds / 5) * 5)} s`;
    return span(Math.round(seconds / 60) * 60);
  }
  function about_between(low, high) {
    const [a, b] = [about(Math.max(0, low)), about(high)];
    if (a === b) return a;
    const unit = / \w+$/.exec(b)[0];
    return a.split(" ").length === 2 && b.split(" ").length === 2 && a.endsWith(unit) ? `${a.slice(0, -unit.length)}–${b}` : `${a} – ${b}`;
  }

  function ago(instant) {
    const s = (now() - at(instant)) / 1000;
    if (s < 45) return "just now";
    if (s < 3600) return `${Math.max(1, Math.round(s / 60))} min ago`;
    if (s < 86400) return `${Math.round(s / 3600)} h ago`;
    return `${Math.round(s / 86400)} d ago`;
  }
  const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
  const DAY_CLOCK = new Intl.DateTimeFormat([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  function clock(instant) {
    const when = new Date(instant);
    return when.toDateString() === new Date(now()).toDateString() ? CLOCK.format(when) : DAY_CLOCK.format(when);
  }

  // --- what is known

  const jobs = new Map();     // name -> job as the API tells it
  const decided = new Map();  // name -> {number, verdict, at}: the newest build that passed or failed
  const finished = new Map(); // name -> the newest build that has ended, however
  const builds = new Map();   // name -> {list: newest first or null, stale, limit, retry_at}
  const touched = new Map();  // name -> when an event last told of it (performance.now())
  const doubted = new Set();  // names of those of which a build may have ended unseen
  let sinks = [];
  let loaded = false;

  const verdict_of = (outcome) =>
    ({ success: "passing", failure: "failing", unstable: "failing" })[outcome] ?? null;

  /// Announced, and does not run yet.
  const waits = (build) => Boolean(build) && !build.building && !build.outcome;

  function decide(name, build) {
    if (!build?.outcome || build.building) return;
    const last = finished.get(name);
    if (!last || build.number >= last.number) finished.set(name, { ...(last?.number === build.number ? last : null), ...build });
    const verdict = verdict_of(build.outcome);
    if (verdict && build.number >= (decided.get(name)?.number ?? 0))
      decided.set(name, { number: build.number, verdict, at: ended_at(build) ?? decided.get(name)?.at ?? null });
  }

  /// Where the end itself is not known: when it was seen.
  const ended_at = (build) => build.finished_at ?? build.finished_between?.[1] ?? null;

  /// When a build that runs began, in ms. The API mostly learns that at the end; until then its forecast tells, best
  /// while much is left, or the event.
  const began_at = (build) => (build.started_at ? at(build.started_at) : (build.began?.at ?? NaN));
  function reckon_start(job, before) {
    const build = job.running[0], left = at(job.eta) - now();
    if (!build || build.started_at) return;
    build.began = before?.running.find((one) => one.number === build.number)?.began;
    if (job.progress !== null && left > (build.began?.left ?? 0)) build.began = { at: now() - (left * job.progress) / (1 - job.progress), left };
  }

  /// Its `build` is the newest, which may have ended, or be queued, while one below it runs; `running` has all that run, the
  /// highest number first, and the forecast is of that one.
  const runs = (job) => job.state === "running" && job.running.length > 0;

  const unseen = (job) => job.state === "unreachable" || job.state === "not_found";
  /// Asked for in vain since the daemon's start, and not for long enough to be called unreachable.
  const unsure = (job) => job.state === "pending" && Boolean(job.last_error);

  const verdict_on = (job) => decided.get(job.name)?.verdict ?? verdict_of(job.last_outcome);

  /// The job's place in the list, and its colour: worst first.
  function look(job) {
    const verdict = verdict_on(job);
    if (verdict === "failing") return "failing";
    if (unseen(job)) return "unseen";
    if (runs(job)) return "running";
    return (!unsure(job) && verdict) || "undecided";
  }
  const GROUPS = [["failing", "Failing"], ["unseen", "Out of sight"], ["running", "Running"], ["undecided", "No verdict yet"], ["passing", "Passing"]];

  const needs_past = (job) => job.build && (!decided.has(job.name) || doubted.has(job.name));

  // --- the API

  class Refused extends Error {}
  class Silent extends Error {}

  async function ask(path, method = "GET", within = ANSWER_WITHIN) {
    let answer;
    try {
      answer = await fetch(path, { method, cache: "no-cache", signal: AbortSignal.timeout(within) });
    } catch (error) {
      throw error.name === "TimeoutError" ? new Silent("no answer") : new Error("the server cannot be reached");
    }
    learn_clock(answer.headers.get("date"));
    if (answer.status === 404) throw new Refused("not found");
    if (answer.status === 401) throw new Error("the server asks for its token: reload the page to sign in");
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return answer;
  }
  const get = async (path, within) => (await ask(path, "GET", within)).json();

  let refreshing = false, refresh_again = false, refresh_timer = 0, took = 0;
  let start_over = false; // another store may answer after a restart: what was known of builds counts no more

  async function refresh() {
    if (refreshing) { refresh_again = true; return; }
    refreshing = true;
    refresh_again = false;
    const began = performance.now();
    try {
      const fresh = [];
      for (let after = "", next = ""; next !== null; after = `&after=${encodeURIComponent(next ?? "")}`) {
        const page = await get(`/api/v1/jobs?limit=${PAGE_OF_JOBS}${after}`);
        fresh.push(...page.jobs);
        next = page.next ?? null;
      }
      take(fresh, began);
    } catch (error) {
      doubt(error);
    }
    refreshing = false;
    took = performance.now() - began;
    later(refresh_again ? 500 + 2 * took : pace());
  }
  /// A refresh costs the server at most a twentieth of its time, and none is lost.
  const pace = () => Math.max(PACE[link], 20 * took);
  function later(wait) {
    clearTimeout(refresh_timer);
    if (link !== "lost") refresh_timer = setTimeout(refresh, wait);
  }

  /// All jobs anew; what an event told since the question was asked stands.
  function take(fresh, began) {
    const known = new Map(jobs);
    jobs.clear();
    for (const job of fresh) {
      if (start_over) distrust(job);
      const before = known.get(job.name), newer = (touched.get(job.name) ?? -1) >= began ? before : undefined;
      if (newer) refresh_again = true;
      else learn(job, before);
      jobs.set(job.name, newer ?? job);
      decide(job.name, job.build);
      for (const build of [job.build, ...(newer ?? job).running]) note_build(job.name, build);
    }
    for (const name of known.keys()) {
      if (jobs.has(name)) continue;
      for (const kept of [decided, finished, builds, touched, doubted]) kept.delete(name);
      rows.get(name)?.forget();
    }
    start_over = false;
    loaded = true;
    fill_labels();
    soon();
  }

  /// What a look at a job tells beside itself: its past is read anew where something happened of which no event told.
  function learn(job, before) {
    reckon_start(job, before);
    const key = (one) => [one.build?.number, one.build?.outcome, one.running.map((build) => build.number)].join();
    if (!before || key(before) === key(job)) return;
    const number = job.build?.number, seen = new Set([job.build, ...job.running].map((build) => build?.number));
    outdate(job.name);
    if (number > (before.build?.number ?? 0) + 1 || before.running.some((build) => !seen.has(build.number))) doubted.add(job.name);
    rows.get(job.name)?.changed();
  }

  /// What was known of its builds stands until its past is read anew.
  function distrust(job) {
    if (job.build && !verdict_of(job.build.outcome)) doubted.add(job.name);
    else forget_ends(job.name);
  }
  function forget_ends(name) {
    for (const kept of [decided, finished, doubted]) kept.delete(name);
  }

  /// A build that runs or has ended, into the list of its job, where that list is known.
  function note_build(name, build) {
    const kept = builds.get(name);
    if (!build || waits(build) || !kept?.list) return;
    const place = kept.list.findIndex((one) => one.number <= build.number);
    if (place >= 0 && kept.list[place].number === build.number) kept.list[place] = build;
    else kept.list = kept.list.toSpliced(place < 0 ? kept.list.length : place, 0, build).slice(0, kept.limit);
  }

  // Lists of builds: the job that is looked at, then rows in sight, then jobs whose verdict only their past tells.
  const loading = new Set(), outdated = new Set(); // the latter: of what is loading, that of which something came in meanwhile
  function outdate(name) {
    if (loading.has(name)) outdated.add(name);
    if (builds.has(name)) builds.get(name).stale = true;
  }
  function load_builds() {
    while (loading.size < LOADERS && link !== "lost") {
      const name = next_wanted();
      if (name === undefined) return;
      load_one(name);
    }
  }
  function next_wanted() {
    const lacks = (name, limit = STRIP) => {
      const kept = builds.get(name);
      if (loading.has(name) || !jobs.has(name)) return false;
      return !kept || (performance.now() >= kept.retry_at && (!kept.list || kept.stale || kept.limit < limit));
    };
    if (view.job && lacks(view.job, CHART)) return view.job;
    for (const name of in_sight) if (lacks(name)) return name;
    for (const job of jobs.values()) if (needs_past(job) && lacks(job.name)) return job.name;
    return undefined;
  }
  async function load_one(name) {
    loading.add(name);
    const old = builds.get(name), limit = Math.max(view.job === name ? CHART : STRIP, old?.limit ?? 0);
    const kept = { list: old?.list ?? null, stale: false, limit, retry_at: 0 };
    try {
      kept.list = (await get(`/api/v1/jobs/${encodeURIComponent(name)}/builds?limit=${limit}`)).builds;
    } catch (error) {
      if (error instanceof Refused) kept.list = [];
      else Object.assign(kept, { stale: true, retry_at: performance.now() + 10_000 });
    }
    loading.delete(name);
    if (outdated.delete(name)) kept.stale = true;
    builds.set(name, kept);
    const job = jobs.get(name);
    if (doubted.has(name) && !kept.stale) forget_ends(name);
    for (const build of [...(kept.list ?? [])].reverse()) decide(name, build);
    decide(name, job?.build);
    for (const build of job ? [job.build, ...job.running] : []) note_build(name, build);
    soon();
    load_builds();
  }

  async function look_at_sinks(within) {
    sinks = (await get("/api/v1/sinks", within)).sinks;
    soon();
  }
  async function heartbeat(within = ANSWER_WITHIN) {
    clearTimeout(heartbeat_timer);
    try {
      await look_at_sinks(within);
    } catch (error) {
      return doubt(error);
    }
    clearTimeout(heartbeat_timer);
    if (link !== "lost") heartbeat_timer = setTimeout(heartbeat, link === "live" ? HEARTBEAT : PACE[link]);
  }

  // --- the link: a stream of events, and what to do without it

  let link = "connecting"; // connecting | live | polling (there is no stream to be had) | resting (hidden) | lost
  let stream = null, stream_began = NaN, stream_tries = 0, stream_timer = 0;
  let heartbeat_timer = 0, retry_timer = 0, rest_timer = 0, tries = 0, seen_at = null, lost_why = "";
  let turn = 0; // rises whenever the stream is dealt with: whoever has waited sees whether its question still stands

  function let_go() {
    turn += 1;
    for (const timer of [stream_timer, retry_timer]) clearTimeout(timer);
    stream?.close();
    stream = null;
  }

  function connect() {
    let_go();
    stream = new EventSource("/api/v1/events/stream");
    stream_began = NaN;
    stream_timer = setTimeout(do_without, SIGN_WITHIN);
    stream.onopen = () => {
      clearTimeout(stream_timer);
      stream_began = performance.now();
      become("live"); // all is read anew after the stream has begun, so nothing falls between
    };
    stream.onerror = do_without;
    stream.onmessage = hear;
  }

  function become(kind) {
    if (link === "lost") {
      announce("The connection is back.");
      start_anew();
    }
    link = kind;
    tries = 0;
    refresh();
    heartbeat(SIGN_WITHIN);
    soon();
  }

  /// The stream breaks or is refused, or nothing gets through beside it: the streams of a browser's windows together may
  /// take all its connections to the server. One question tells whether there is a server; if so, it is looked at often.
  async function do_without() {
    const lived = performance.now() - stream_began; // NaN: it never began
    if (lived > PACE.resting) stream_tries = 0;
    let_go();
    const mine = turn;
    let failed = null;
    try { await look_at_sinks(SIGN_WITHIN); } catch (error) { failed = error; }
    if (mine !== turn) return;
    if (failed) return lose(failed.message);
    if (lived >= 0) start_anew();
    const [first, most] = STREAM_AGAIN;
    retry_timer = setTimeout(connect, Math.min(most, first * 2 ** stream_tries++) * (0.8 + 0.4 * Math.random()));
    become("polling");
  }

  function doubt(error) {
    if (!stream || !(error instanceof Silent)) return lose(error.message);
    stream_tries = Math.max(stream_tries, 4); // each try stops the other windows too
    return do_without();
  }

  function lose(why) {
    let_go();
    for (const timer of [heartbeat_timer, refresh_timer, rest_timer]) clearTimeout(timer);
    if (link !== "lost") {
      seen_at = Date.now();
      announce(`Connection lost: ${why}.`);
    }
    link = "lost";
    lost_why = why;
    retry_timer = setTimeout(connect_if_there, Math.min(10_000, 500 * 2 ** tries++) * (0.8 + 0.4 * Math.random()));
    paint();
  }

  /// What this page is made of; another daemon may have other files, and a wall is never reloaded by hand.
  const made_of = async () => String(await Promise.all(["/", "/app.css", "/app.js"].map(async (path) => (await ask(path, "HEAD")).headers.get("etag"))));
  let made = null; // not known: then nothing is compared
  async function compare_files() {
    try {
      const tags = await made_of();
      if (made && made !== tags) location.reload();
      made = tags;
    } catch { /* the next time */ }
  }

  /// The server that answers now may be another than before.
  function start_anew() {
    start_over = true;
    for (const kept of builds.values()) Object.assign(kept, { stale: true, retry_at: 0 });
    compare_files();
  }

  /// A small question first: it tells why, which a stream's error does not.
  async function connect_if_there() {
    clearTimeout(retry_timer);
    try {
      await get("/api/v1/sinks");
    } catch (error) {
      return lose(error.message);
    }
    return document.hidden ? rest() : connect();
  }

  /// A hidden page holds no connection, and looks now and then: its title tells too.
  function rest() {
    let_go();
    become("resting");
  }

  function rest_or_wake() {
    clearTimeout(rest_timer);
    if (document.hidden) {
      rest_timer = setTimeout(() => { if (link !== "lost") rest(); }, GRACE);
    } else if (link === "lost") {
      connect_if_there();
    } else if (link === "resting") {
      begin();
      compare_files();
    } else {
      refresh();
      heartbeat();
    }
  }

  function begin() {
    become("connecting");
    connect();
  }

  function hear(message) {
    let event;
    try { event = JSON.parse(message.data); } catch { return; }
    const { job: about_job, build, previous } = event.data ?? {};
    const name = about_job?.name;
    if (name) {
      if (previous) decide(name, { ...previous, building: false });
      decide(name, build);
      note_build(name, build);
      if (loading.has(name)) outdated.add(name);
      const job = jobs.get(name);
      if (job) {
        touched.set(name, performance.now());
        jobs.set(name, told_by(event, job, build));
        rows.get(name)?.changed();
      }
    }
    if (!refreshing) later(1_000); // for what events do not tell: progress, time left, states
    else refresh_again = true;
    soon();
  }

  function told_by({ type, timestamp }, job, build) {
    if (type === "job.unreachable") return { ...job, state: "unreachable" };
    if (!build) return job;
    const before = job.running.find((one) => one.number === build.number);
    if (build.building) build.began = before ? before.began : { at: at(timestamp), left: 0 };
    const running = [build, ...job.running].filter((one, index) => one.building && (index === 0 || one.number !== build.number)).sort((a, b) => b.number - a.number);
    const newest = build.number < (job.build?.number ?? 0) ? job.build : build;
    const state = running.length ? "running" : waits(newest) ? "queued" : job.state === "done" ? "done" : "idle";
    const forecast = running[0]?.number === job.running[0]?.number ? {} : { progress: null, eta: null, eta_between: null };
    return { ...job, build: newest, running, ...forecast, state };
  }

  // --- the filter and the route, kept in the URL's fragment: #/?q=…&label=team=firmware, #/job/NAME?…

  const view = { job: null, q: "", labels: [] };

  function read_route() {
    const [path, query = ""] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
    const asked = new URLSearchParams(query);
    const named = /^\/job\/(.+)$/.exec(path)?.[1];
    try { view.job = named ? decodeURIComponent(named) : null; } catch { view.job = null; }
    view.q = asked.get("q") ?? "";
    view.labels = asked.getAll("label").filter((label) => label.includes("="));
  }
  function route(job) {
    const query = new URLSearchParams([...(view.q ? [["q", view.q]] : []), ...view.labels.map((label) => ["label", label])]);
    const text = String(query);
    return `#/${job ? `job/${encodeURIComponent(job)}` : ""}${text ? `?${text}` : ""}`;
  }
  function filter_changed() {
    history.replaceState(null, "", route(null));
    for (const row of rows.values()) row.point();
    fill_labels();
    soon();
  }

  function matching() {
    const words = view.q.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = view.labels.map((label) => label.split(/=(.*)/s));
    const found = [];
    for (const job of jobs.values()) {
      const labels = job.labels ?? {};
      if (!wanted.every(([key, value]) => labels[key] === value)) continue;
      const text = words.length ? [job.name, job.provider, ...Object.entries(labels).flat()].join("\n").toLowerCase() : "";
      if (words.every((word) => text.includes(word))) found.push(job);
    }
    return found;
  }

  let labels_shown = "";
  function fill_labels() {
    const counts = new Map(); // key -> value -> jobs
    for (const job of jobs.values()) {
      for (const [key, value] of Object.entries(job.labels ?? {})) {
        if (!counts.has(key)) counts.set(key, new Map());
        counts.get(key).set(value, (counts.get(key).get(value) ?? 0) + 1);
      }
    }
    const now_shown = JSON.stringify([view.labels, [...counts].map(([key, values]) => [key, [...values]])]);
    if (now_shown === labels_shown) return;
    labels_shown = now_shown;
    const groups = [...counts.keys()].sort(by_name).map((key) => {
      const values = [...counts.get(key)].filter(([value]) => !view.labels.includes(`${key}=${value}`));
      const most = values.sort((a, b) => b[1] - a[1]).slice(0, 100).sort((a, b) => by_name(a[0], b[0]));
      return el("optgroup", { label: key }, ...most.map(([value, count]) => el("option", { value: `${key}=${value}` }, `${key}: ${value} (${count})`)));
    });
    $("filter-label").replaceChildren(el("option", { value: "" }, counts.size ? "Any" : "No labels"), ...groups);
    $("chips").replaceChildren(...view.labels.map((label) => {
      const text = label.replace("=", ": ");
      return el("li", {}, el("button", { type: "button", "data-label": label, "aria-label": `Remove the filter ${text}` }, `${text} ✕`));
    }));
  }

  // --- words for a job

  const ENDED = { success: "passed", failure: "failed", unstable: "unstable", aborted: "aborted" };
  const ended = (build) => ENDED[build.outcome] ?? `ended${build.result ? `: ${build.result}` : ", nobody knows how"}`;
  const LOOK_OF = { success: "passing", failure: "failing", unstable: "failing" };

  /// -> [strong, rest, instant of "ago", reason]
  function words(job) {
    const build = job.build;
    const before = decided.get(job.name), over = finished.get(job.name);
    const after = before?.verdict === "failing" && before.number !== build?.number ? `; #${before.number} failed` : "";
    const last = build ? `#${build.number}${build.building ? " was running" : waits(build) ? " was queued" : ` ${ended(build)}`}` : "no build known";
    if (job.state === "unreachable") return ["Unreachable", `; ${last}`, null, job.last_error];
    if (job.state === "not_found") return ["Not found", "", null, job.last_error];
    if (unsure(job)) return ["Not known yet", build ? `; ${last}` : "", null, job.last_error];
    if (!build) return ["", job.state === "queued" ? "Queued" : job.state === "pending" ? "Not asked yet" : "No build yet", null, job.last_error];
    const news = over ? `; #${over.number} ${ended(over)}` : "", failed = over?.number === before?.number ? "" : after;
    if (runs(job)) return [...words_running(job, over?.number > job.running[0].number ? news + failed : after), null, job.last_error];
    if (waits(build)) return [`#${build.number} queued`, news + failed, over && ended_at(over), job.last_error];
    if (job.state === "queued") return [`#${build.number} ${ended(build)}`, ", another one queued", ended_at(build), job.last_error];
    const took = build.duration_seconds === null || build.duration_seconds === undefined ? "" : ` after ${span(build.duration_seconds)}`;
    return [`#${build.number} ${ended(build)}`, took + after, ended_at(build), job.last_error];
  }

  function words_running(job, after) {
    const [first, ...others] = job.running;
    const beside = others.length ? `; ${others.map((build) => `#${build.number}`).join(", ")} too` : "";
    const queued = waits(job.build) ? `; #${job.build.number} queued` : "";
    const seconds = lasted(first);
    const since = seconds === null ? "" : first.started_at ? ` for ${span(seconds)}` : ` for about ${about(seconds)}`;
    return [`#${first.number} running`, since + beside + queued + after];
  }

  /// Runs for longer than every build in its strip; where there are fewer than five, nothing is usual.
  function overlong(job) {
    const took = (builds.get(job.name)?.list ?? []).slice(0, STRIP).filter((build) => !build.building && lasted(build) !== null).map(lasted);
    return runs(job) && took.length >= 5 && lasted(job.running[0]) > Math.max(...took);
  }

  /// How far a running build is; its forecast goes on between two answers.
  function outlook(job) {
    const eta = at(job.eta);
    if (!runs(job) || Number.isNaN(eta)) return null;
    const [low, high] = (job.eta_between ?? [job.eta, job.eta]).map(at);
    const start = began_at(job.running[0]);
    const told = job.progress ?? 0;
    const by_clock = Number.isNaN(start) || eta <= start ? told : (now() - start) / (eta - start);
    const share = Math.min(0.99, Math.max(told, by_clock));
    const left = (t) => (t - now()) / 1000;
    const percent = Math.floor(share * 100);
    const late = overlong(job) || left(high) < 0;
    const soon = left(high) <= 5 ? "any moment" : `any moment (0–${about(left(high))})`;
    const text = left(eta) <= 5 ? soon : `${about(left(eta))} left (${about_between(left(low), left(high))})`;
    return { share, percent, late, text: late ? `${text} · unusually long` : text };
  }

  class Ahead {
    constructor(label) {
      this.part = el("div");
      this.bar = el("div", { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, this.part);
      this.text = el("span");
      this.node = el("div", { class: "ahead", hidden: "" }, this.bar, this.text);
    }
    tell(job) {
      const seen = outlook(job);
      show(this.node, runs(job));
      show(this.bar, seen !== null);
      say(this.text, seen ? `${seen.percent} % · ${seen.text}` : "too few past builds to tell how long");
      this.text.classList.toggle("late", Boolean(seen?.late));
      if (!seen) return;
      mark(this.bar, "aria-valuenow", seen.percent);
      mark(this.bar, "aria-valuetext", `${seen.percent} %, ${seen.text}`);
      this.part.style.transform = `scaleX(${seen.share.toFixed(4)})`;
    }
  }

  // --- a strip: a bar a build, oldest first

  const build_words = (build) =>
    `#${build.number} ${build.building ? "running" : ended(build)}${lasted(build) === null ? "" : `, ${span(lasted(build))}`}${ended_at(build) ? `, ${clock(ended_at(build))}` : ""}`;
  function lasted(build) {
    if (!build.building) return build.duration_seconds ?? null;
    const start = began_at(build);
    return Number.isNaN(start) ? null : Math.max(0, (now() - start) / 1000);
  }
  const kind = (build) => (build.building ? "running" : ENDED[build.outcome] ? build.outcome : "unknown");

  function tally_of(list) {
    const counts = {};
    for (const build of list) counts[kind(build)] = (counts[kind(build)] ?? 0) + 1;
    const names = [["failure", "failed"], ["unstable", "unstable"], ["aborted", "aborted"], ["unknown", "ended otherwise"], ["success", "passed"], ["running", "running"]];
    return names.filter(([key]) => counts[key]).map(([key, text]) => `${counts[key]} ${text}`).join(", ");
  }
  function summary_of(list) {
    if (list.length === 0) return "No past builds";
    const times = list.filter((build) => !build.building && lasted(build) !== null).map(lasted);
    const range = times.length ? `; they took ${span(Math.min(...times))} to ${span(Math.max(...times))}` : "";
    return `Last ${many(list.length, "build", "builds")}: ${tally_of(list)}${range}`;
  }

  function draw_strip(picture, list) {
    const shown = list.slice(0, STRIP).reverse();
    mark(picture, "aria-label", summary_of(shown));
    const longest = Math.max(1, ...shown.map((build) => lasted(build) ?? 0));
    const parts = shown.map((build, index) => {
      const x = (STRIP - shown.length + index) * 8 + 1, height = Math.max(3, (25 * (lasted(build) ?? 0)) / longest);
      return bar(build, x, 27 - height, 6, height, 29);
    });
    picture.replaceChildren(svg("rect", { class: "floor", x: 0, y: 27, width: 240, height: 1 }), ...parts);
  }

  /// With a foot below the floor where it failed: colour is not all that tells.
  function bar(build, x, y, width, height, foot) {
    const inset = build.building ? 0.75 : 0;
    const whole = svg("g", {}, svg("title", {}, build_words(build)),
      svg("rect", { class: kind(build), x: x + inset, y: y + inset, width: width - 2 * inset, height: Math.max(1, height - 2 * inset), rx: Math.min(1.5, width / 4) }));
    if (verdict_of(build.outcome) === "failing") whole.append(svg("rect", { class: kind(build), x, y: foot, width, height: 3 }));
    return whole;
  }

  // --- the list

  const rows = new Map();      // name -> Row
  const in_sight = new Set();  // names of rows near the window
  const row_of = new WeakMap();

  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const row = row_of.get(entry.target);
      if (entry.isIntersecting) in_sight.add(row.name);
      else in_sight.delete(row.name);
      if (entry.isIntersecting) row.tell();
    }
    load_builds();
  }, { rootMargin: "300px 0px" });

  class Row {
    constructor(name) {
      this.name = name;
      this.use = svg("use");
      this.link = el("a", { class: "name" }, name);
      this.labels = el("div", { class: "labels" });
      this.strong = el("strong");
      this.rest = el("span");
      this.ago = el("time", { class: "ago" });
      this.why = el("p", { class: "why" });
      this.ahead = new Ahead(`Progress of ${name}`);
      this.strip = svg("svg", { class: "strip bars", viewBox: "0 0 240 32", role: "img", "aria-label": "Past builds are not read yet" });
      this.node = el("li", { class: "job" }, svg("svg", { class: "icon", "aria-hidden": "true" }, this.use),
        el("div", { class: "who" }, this.link, this.labels),
        el("div", { class: "what" }, el("p", {}, this.strong, this.rest, " ", this.ago), this.ahead.node, this.why), this.strip);
      row_of.set(this.node, this);
      sight.observe(this.node);
      this.point();
    }
    point() {
      this.link.href = route(this.name);
    }
    forget() {
      sight.unobserve(this.node);
      in_sight.delete(this.name);
      this.node.remove();
      rows.delete(this.name);
    }
    changed() {
      this.node.classList.remove("changed");
      void this.node.offsetWidth; // so that the animation starts anew
      this.node.classList.add("changed");
    }
    tell() {
      const job = jobs.get(this.name);
      if (!job) return;
      const seen = look(job);
      mark(this.node, "data-look", seen);
      mark(this.use, "href", `#shape-${seen}`);
      const [strong, rest, instant, why] = words(job);
      say(this.strong, strong);
      say(this.rest, rest);
      show(this.ago, Boolean(instant));
      if (instant) {
        say(this.ago, ago(instant));
        mark(this.ago, "datetime", instant);
        mark(this.ago, "title", clock(instant));
      }
      say(this.why, why ?? "");
      show(this.why, Boolean(why));
      this.ahead.tell(job);
      this.tell_labels(job);
      this.tell_strip();
    }
    tell_labels(job) {
      const key = JSON.stringify(job.labels ?? {});
      if (key === this.labels_shown) return;
      this.labels_shown = key;
      this.labels.replaceChildren(...Object.entries(job.labels ?? {}).map(([name, value]) => el("span", { "data-label": `${name}=${value}` }, `${name}: ${value}`)));
    }
    tell_strip() {
      const list = builds.get(this.name)?.list;
      if (!list) return;
      const key = list.slice(0, STRIP).map((build) => `${build.number}${kind(build)}${build.building ? Math.round((lasted(build) ?? 0) / 15) : build.duration_seconds}`).join();
      if (key === this.strip_shown) return;
      this.strip_shown = key;
      draw_strip(this.strip, list);
    }
  }

  const groups = new Map();
  function make_groups() {
    for (const [key, title] of GROUPS) {
      const count = el("span", { class: "count" }), list = el("ul", { class: "jobs", role: "list" });
      const node = el("section", { class: "group", "aria-labelledby": `group-${key}`, hidden: "" },
        el("h2", { id: `group-${key}` }, title, " ", count), list);
      groups.set(key, { node, count, list });
      $("groups").append(node);
    }
  }

  function sorted(found) {
    const placed = new Map(GROUPS.map(([key]) => [key, []]));
    for (const job of found) placed.get(look(job)).push(job);
    for (const [key, list] of placed) {
      const since = (job) => at(decided.get(job.name)?.at) || 0;
      const late = new Set(key === "running" ? list.filter((job) => outlook(job)?.late).map((job) => job.name) : []);
      list.sort((a, b) => (key === "failing" ? since(b) - since(a) : 0) || late.has(b.name) - late.has(a.name) || by_name(a.name, b.name));
    }
    return placed;
  }

  /// Puts nodes under a parent in order, moving as few as may be.
  function place(parent, nodes) {
    let cursor = parent.firstChild;
    for (const node of nodes) {
      if (cursor && cursor !== node && cursor.nextSibling === node) {
        const stray = cursor;
        cursor = node;
        stray.remove();
      }
      if (cursor === node) cursor = cursor.nextSibling;
      else parent.insertBefore(node, cursor);
    }
    while (cursor) {
      const stray = cursor;
      cursor = cursor.nextSibling;
      stray.remove();
    }
  }

  let unfinished = 0; // timer of the rows still to be made
  function paint_list(found, placed) {
    clearTimeout(unfinished);
    const focused = document.activeElement;
    let room = ROWS, made = 0, waiting = false;
    for (const [key] of GROUPS) {
      const { node, count, list } = groups.get(key);
      const here = placed.get(key);
      say(count, here.length.toLocaleString("en"));
      const nodes = [];
      for (const job of here.slice(0, room)) {
        if (!rows.has(job.name)) {
          if (made === ROWS_AT_ONCE) { waiting = true; break; }
          rows.set(job.name, new Row(job.name));
          rows.get(job.name).tell();
          made += 1;
        }
        const row = rows.get(job.name);
        if (in_sight.has(job.name) || row.node.dataset.look !== key) row.tell();
        nodes.push(row.node);
      }
      room -= Math.min(room, here.length);
      place(list, nodes);
      show(node, nodes.length > 0);
    }
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    if (waiting) unfinished = setTimeout(paint, 0);
    show($("more"), found.length > ROWS);
    say($("more"), `The worst ${ROWS.toLocaleString("en")} are shown, ${many(found.length - ROWS, "more job is", "more jobs are")} not. Filter to see them.`);
    show($("empty"), loaded && found.length === 0);
    say($("empty"), jobs.size === 0 ? "No jobs are configured." : "No job matches the filter.");
  }

  // --- a job's own view

  const page = { name: null, drawn: "", width: 0 };

  function make_job_view(name) {
    Object.assign(page, { name, drawn: "", width: 0, picked: null });
    page.back = el("a", { class: "back", href: route(null) }, "← All jobs");
    page.icon = svg("use");
    page.title = el("h2", { tabindex: "-1", id: "job-title" }, svg("svg", { class: "icon", "aria-hidden": "true" }, page.icon), el("span", {}, name));
    page.strong = el("strong");
    page.rest = el("span");
    page.ahead = new Ahead(`Progress of ${name}`);
    page.facts = el("dl", { class: "facts" });
    page.chart = svg("svg", { class: "bars", role: "img", height: "240" });
    page.readout = el("p", { class: "readout" });
    page.rows = el("tbody");
    page.body = el("div", {}, el("div", { class: "now what" }, el("p", {}, page.strong, page.rest), page.ahead.node),
      el("h3", {}, "How long the builds took"), el("div", { class: "chart" }, page.chart, page.readout), page.facts,
      el("h3", { id: "builds-title" }, "Builds"),
      el("table", { class: "builds", "aria-labelledby": "builds-title" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "number" }, "Build"), el("th", { scope: "col" }, "Outcome"),
          el("th", { scope: "col", class: "number" }, "Took, ended"))), page.rows));
    page.missing = el("p", { class: "empty" }, "No job has this name.");
    $("job-view").replaceChildren(page.back, page.title, page.missing, page.body);
    page.chart.addEventListener("pointermove", pick_bar);
    page.chart.addEventListener("pointerleave", () => pick_build(null));
  }

  function paint_job() {
    const job = jobs.get(page.name);
    show(page.missing, loaded && !job);
    show(page.body, Boolean(job));
    if (!job) { mark(page.icon, "href", "#shape-undecided"); return; }
    const seen = look(job);
    mark($("job-view"), "data-look", seen);
    mark(page.icon, "href", `#shape-${seen}`);
    const [strong, rest, instant] = words(job);
    say(page.strong, strong);
    say(page.rest, rest + (instant ? ` · ${ago(instant)}` : ""));
    page.ahead.tell(job);
    paint_facts(job);
    const list = builds.get(page.name)?.list;
    const width = page.chart.parentElement.clientWidth - 24;
    const drawn = JSON.stringify([list?.map((build) => [build.number, kind(build), build.building ? Math.round((lasted(build) ?? 0) / 5) : build.duration_seconds]), width]);
    if (!list || drawn === page.drawn) return;
    page.drawn = drawn;
    draw_chart(list, width);
    fill_table(list);
  }

  function paint_facts(job) {
    const eta = runs(job) && job.eta ? `${clock(job.eta)}${job.eta_between ? `, most likely ${job.eta_between.map(clock).join("–")}` : ""}` : null;
    const told = [["State", job.state.replace("_", " ")], ["Expected to end at", eta], ["Provider", job.provider], ["Job id", job.job_id],
      ["Labels", Object.entries(job.labels ?? {}).map(([key, value]) => `${key}: ${value}`).join(", ")],
      ["Last asked", job.last_poll_at && clock(job.last_poll_at)], ["Asked again", job.next_poll_at && clock(job.next_poll_at)], ["Last error", job.last_error]];
    const shown = told.filter(([, value]) => value);
    const key = JSON.stringify(shown);
    if (key === page.facts_shown && page.facts.childElementCount) return;
    page.facts_shown = key;
    page.facts.replaceChildren(...shown.map(([name, value]) => el("div", { class: { "Job id": "wide", "Last error": "whole" }[name] ?? "fact" }, el("dt", {}, name), el("dd", {}, value))));
  }

  /// Steps that people count in, so that at most five lines are drawn.
  function step_of(longest) {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
    return steps.find((step) => longest / step <= 5) ?? Math.ceil(longest / 5 / 86400) * 86400;
  }
  function median(values) {
    const s = [...values].sort((a, b) => a - b), half = s.length >> 1;
    return s.length % 2 ? s[half] : (s[half - 1] + s[half]) / 2;
  }

  function draw_chart(list, width) {
    const left = 80, top = 20, floor = 204, plot = Math.max(120, width - left); // above `top` a line of text has room
    const shown = list.slice(0, Math.floor(plot / 5)).reverse();
    const longest = Math.max(1, ...shown.map((build) => lasted(build) ?? 0)), step = step_of(longest);
    const highest = Math.ceil(longest / step) * step, y = (seconds) => floor - ((floor - top) * seconds) / highest;
    const slot = Math.min(28, plot / Math.max(1, shown.length)), thick = Math.max(2, slot * 0.78);
    const parts = [];
    for (let tick = 0; tick <= highest; tick += step) {
      parts.push(svg("line", { class: "grid", x1: left, x2: width, y1: y(tick), y2: y(tick) }),
        svg("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick ? span(tick) : "0"));
    }
    const first = left + plot - shown.length * slot; // the newest stands at the right, as in the strips
    page.bars = shown.map((build, index) => {
      const x = first + index * slot, head = Math.min(y(lasted(build) ?? 0), floor - 3);
      return { build, x, node: bar(build, x + (slot - thick) / 2, head, thick, floor - head, floor + 3) };
    });
    page.slot = slot;
    parts.push(...page.bars.map((one) => one.node));
    const every = Math.max(1, Math.ceil(56 / slot));
    page.bars.forEach((one, index) => {
      if ((shown.length - 1 - index) % every === 0) parts.push(svg("text", { x: Math.min(one.x + slot / 2, width - 16), y: floor + 24, "text-anchor": "middle" }, `#${one.build.number}`));
    });
    const usual = shown.filter((build) => build.outcome === "success" && lasted(build) !== null).map(lasted);
    if (usual.length >= 3) {
      const middle = y(median(usual));
      parts.push(svg("line", { class: "median", x1: left, x2: width, y1: middle, y2: middle }),
        svg("text", { class: "median-text", x: left + 6, y: middle - 5 }, `usually ${about(median(usual))}`));
    }
    mark(page.chart, "viewBox", `0 0 ${width} 240`);
    mark(page.chart, "aria-label", `${summary_of(shown)}. The table below has each.`);
    page.chart.replaceChildren(...parts);
    page.shown = shown;
    pick_build(null);
  }
  function pick_bar(event) {
    const box = page.chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) * page.chart.viewBox.baseVal.width) / box.width;
    pick_build(page.bars?.find((one) => x >= one.x && x < one.x + page.slot) ?? null);
  }
  function pick_build(picked) {
    page.picked?.node.querySelector("rect").classList.remove("picked");
    page.picked = picked;
    picked?.node.querySelector("rect").classList.add("picked");
    say(page.readout, picked ? build_words(picked.build) : page.shown ? summary_of(page.shown) : "");
  }

  function fill_table(list) {
    const focused = page.rows.contains(document.activeElement) ? document.activeElement.href : null;
    page.rows.replaceChildren(...list.map((build) => {
      const seen = build.building ? "running" : LOOK_OF[build.outcome] ?? "undecided";
      const source = source_of(build.source);
      return el("tr", {}, el("th", { scope: "row", class: "number" }, `#${build.number}`),
        el("td", { class: "outcome", "data-look": seen }, el("div", {}, shape(seen), build.building ? "running" : ended(build)), source),
        el("td", { class: "number" }, lasted(build) === null ? "–" : span(lasted(build)),
          ended_at(build) ? el("time", { datetime: ended_at(build) }, clock(ended_at(build))) : null));
    }));
    if (focused) [...page.rows.querySelectorAll("a")].find((link) => link.href === focused)?.focus({ preventScroll: true });
  }
  function source_of(source) {
    if (!source) return null;
    const text = [source.branch, source.commit?.slice(0, 12), source.trigger].filter(Boolean).join(" · ");
    const safe = /^https?:\/\//i.test(source.url ?? "");
    if (!text && !safe) return null;
    return el("div", { class: "why" }, safe ? el("a", { href: source.url, rel: "noreferrer" }, text || "its page") : text);
  }

  // --- the banner, the notices, and what is spoken

  let spoken_verdict = null;
  function announce(text) {
    $("spoken").textContent = text;
  }

  const VERDICTS = {
    loading: ["undecided", "Loading…"], empty: ["undecided", "No jobs"], undecided: ["undecided", "No verdict yet"],
    lost: ["lost", "Connection lost"], passing: ["passing", "All passing"],
  };
  const TAB = { failing: ["#d8323a", "✗"], unseen: ["#c98a14", "!"], passing: ["#1f9a54", "✓"] };

  function paint_banner(found, placed) {
    const count = (key) => placed.get(key).length;
    const running = found.filter(runs).length, dark = found.filter(unseen).length, unknown = found.filter(unsure);
    const passes = found.filter((job) => !unseen(job) && !unsure(job) && verdict_on(job) === "passing").length;
    const seen = !loaded ? "loading" : count("failing") ? "failing" : dark ? "unseen" : unknown.length ? "unsure" : passes ? "passing" : found.length ? "undecided" : "empty";
    const told = { failing: `${count("failing").toLocaleString("en")} failing`, unseen: `${dark.toLocaleString("en")} out of sight`, unsure: `${unknown.length.toLocaleString("en")} not known yet` };
    const verdict = link === "lost" ? "lost" : seen;
    const [drawn, text] = VERDICTS[verdict] ?? [verdict === "unsure" ? "undecided" : verdict, told[verdict]];
    mark($("banner"), "data-verdict", verdict);
    mark($("banner-shape"), "href", `#shape-${drawn}`);
    say($("verdict"), text);
    const worst = verdict === "lost" || !loaded ? [] : (verdict === "unsure" ? unknown : placed.get(verdict === "failing" ? "failing" : "unseen")).map((job) => job.name);
    show($("verdict-who"), worst.length > 0);
    say($("verdict-who"), worst.slice(0, 3).join(", ") + (worst.length > 3 ? ` and ${worst.length - 3} more` : ""));
    const of = found.length === jobs.size ? many(jobs.size, "job", "jobs") : `${found.length.toLocaleString("en")} of ${many(jobs.size, "job", "jobs")} match the filter`;
    const last = verdict === "lost" && `At ${clock(seen_at)}: ${told[seen] ?? VERDICTS[seen][1].toLowerCase()}`;
    const tally = [last, of, running && `${running} running`, !last && verdict !== "passing" && passes && `${passes.toLocaleString("en")} passing`, dark && seen !== "unseen" && `${dark} out of sight`,
      unknown.length && seen !== "unsure" && `${unknown.length} not known yet`];
    say($("tally"), loaded ? tally.filter(Boolean).join(" · ") : "");
    paint_tab(verdict, text);
    const heard = loaded && (link === "live" || link === "polling") ? `${text}${worst.length ? `: ${worst.slice(0, 3).join(", ")}` : ""}` : null;
    if (heard && heard !== spoken_verdict) {
      if (spoken_verdict) announce(heard);
      spoken_verdict = heard;
    }
  }

  let tab_shown = "";
  function paint_tab(verdict, text) {
    const [colour, sign] = TAB[verdict] ?? ["#6b7684", "–"];
    const title = `${sign} ${view.job ? `${view.job} · ` : ""}${text} · buildwatch`;
    if (document.title !== title) document.title = title;
    if (tab_shown === verdict) return;
    tab_shown = verdict;
    const drawing = `<svg xmlns="${SVG}" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${colour}"/><text x="16" y="24" font-size="24" font-family="sans-serif" font-weight="bold" fill="#fff" text-anchor="middle">${sign}</text></svg>`;
    $("favicon").href = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  }

  function paint_link() {
    const text = { connecting: "Connecting…", live: "Live", polling: `Updated every ${span(pace() / 1000)}`, resting: "Resting", lost: "Not connected" }[link];
    mark($("link"), "data-state", link);
    say($("link"), text);
    document.body.classList.toggle("stale", link === "lost");
    show($("lost"), link === "lost");
    if (link === "lost") say($("lost-text"), `Connection lost: ${lost_why}.${loaded ? ` What is shown is as of ${clock(seen_at)}.` : ""}`);
  }

  function paint_notices() {
    const owed = sinks.filter((sink) => sink.dead || sink.pending || sink.paused_until);
    show($("notices"), owed.length > 0);
    $("notices").classList.toggle("bad", owed.some((sink) => sink.dead || sink.paused_until || sink.last_error));
    const lines = owed.map((sink) => {
      const counts = [sink.dead && `${sink.dead} given up`, sink.pending && `${sink.pending} waiting`, sink.paused_until && `paused until ${clock(sink.paused_until)}`];
      return [sink.name, ` (${sink.type}): ${counts.filter(Boolean).join(", ")}`, sink.last_error ? `: ${sink.last_error}` : ""];
    });
    const key = JSON.stringify(lines);
    if ($("notices-list").dataset.shown === key) return;
    $("notices-list").dataset.shown = key;
    $("notices-list").replaceChildren(...lines.map(([name, counts, why]) => el("li", {}, el("b", {}, name), counts, el("span", { class: "why" }, why))));
  }

  let paint_timer = 0;
  function soon() {
    paint_timer ||= setTimeout(paint, 30); // not an animation frame: a hidden tab's title tells too
  }
  function paint() {
    clearTimeout(paint_timer);
    paint_timer = 0;
    const found = matching(), placed = sorted(found);
    paint_banner(found, placed);
    paint_link();
    paint_notices();
    show($("list-view"), !view.job);
    show($("job-view"), Boolean(view.job));
    if (view.job) paint_job();
    else paint_list(found, placed);
    load_builds();
  }

  // --- hands

  function follow_route() {
    const before = page.name && !$("job-view").hidden ? page.name : null;
    read_route();
    if ($("filter-text").value !== view.q) $("filter-text").value = view.q;
    say($("skip"), view.job ? "Skip to the job" : "Skip to the jobs");
    if (view.job) make_job_view(view.job);
    for (const row of rows.values()) row.point();
    fill_labels();
    paint();
    if (view.job) {
      scrollTo(0, 0);
      page.title.focus({ preventScroll: true });
    } else if (before) {
      rows.get(before)?.link.focus();
    }
  }

  function add_label(label) {
    if (!label || view.labels.includes(label)) return;
    view.labels = [...view.labels, label];
    filter_changed();
  }

  /// Up and down go from job to job.
  function step_rows(event) {
    if (!event.target.matches?.(".name") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const links = [...$("groups").querySelectorAll(".name")];
    const next = links[links.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  function tick() {
    if (document.hidden || link === "lost") return; // nothing goes on that nobody tells of
    if (view.job) paint_job();
    else for (const name of in_sight) rows.get(name)?.tell();
    load_builds();
  }

  function start() {
    make_groups();
    say($("theme"), `Theme: ${theme}`);
    $("theme").addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      try { localStorage.setItem("buildwatch-theme", theme); } catch { /* no storage */ }
      wear();
      say($("theme"), `Theme: ${theme}`);
    });
    $("filter").addEventListener("submit", (event) => event.preventDefault());
    $("filter-text").addEventListener("input", (event) => { view.q = event.target.value.trim(); filter_changed(); });
    $("filter-label").addEventListener("change", (event) => add_label(event.target.value));
    $("chips").addEventListener("click", (event) => {
      const label = event.target.dataset.label;
      if (!label) return;
      view.labels = view.labels.filter((one) => one !== label);
      filter_changed();
      $("filter-label").focus();
    });
    $("groups").addEventListener("click", (event) => {
      add_label(event.target.dataset?.label);
      const strip = event.target.closest(".strip"); // lies above its row's link, so that its bars have tooltips
      if (strip) row_of.get(strip.parentElement).link.click();
    });
    $("groups").addEventListener("keydown", step_rows);
    $("skip").addEventListener("click", (event) => { event.preventDefault(); $("main").focus(); });
    $("lost-retry").addEventListener("click", connect_if_there);
    addEventListener("hashchange", follow_route);
    addEventListener("resize", () => { if (view.job) soon(); });
    addEventListener("offline", () => lose("the network is down"));
    addEventListener("online", () => { if (link === "lost") connect_if_there(); });
    document.addEventListener("visibilitychange", rest_or_wake);
    setInterval(tick, 1_000);
    read_route();
    $("filter-text").value = view.q;
    if (view.job) make_job_view(view.job);
    paint();
    if (document.hidden) rest();
    else begin();
    compare_files();
  }
  document.addEventListener("DOMContentLoaded", start);
})();
