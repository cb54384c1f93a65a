"use strict";
// Lists the jobs, and reads them again whenever an event tells that something has changed.
const state = document.getElementById("state");
const rows = document.getElementById("jobs");

async function readJobs() {
  const jobs = [];
  for (let after = ""; after !== null; ) {
    const answer = await fetch("api/v1/jobs?limit=1000&after=" + encodeURIComponent(after));
    if (!answer.ok) throw new Error("HTTP " + answer.status);
    const page = await answer.json();
    jobs.push(...page.jobs);
    after = page.next;
  }
  return jobs;
}

function rowOf(job) {
  const row = document.createElement("tr");
  const build = job.build;
  const texts = [job.name, job.state, build ? "#" + build.number : "", build && build.outcome ? build.outcome : ""];
  for (const text of texts) row.appendChild(document.createElement("td")).textContent = text;
  row.className = texts[3];
  return row;
}

async function show() {
  try {
    rows.replaceChildren(...(await readJobs()).map(rowOf));
    state.textContent = "";
  } catch (fault) {
    state.textContent = "Not connected: " + fault.message;
  }
}

const events = new EventSource("api/v1/events/stream");
events.onopen = show;
events.onmessage = show;
events.addEventListener("gap", show);
events.onerror = () => { state.textContent = "Not connected"; };
