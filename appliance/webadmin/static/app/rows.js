// Tables in forms: rows are added, moved and taken away without sending the form, which the buttons do otherwise.

const TARGETS = { message: "prompt", announce: "prompt", queue: "queue", flow: "flow" };

/** What a row shows depends on what was chosen in it: the style sheet looks at these. */
function describe(row) {
  for (const select of row.querySelectorAll("select")) {
    row.dataset[select.name.split("-").at(-1)] = select.value;
  }
  const target = row.querySelector("select[name$='-target']");
  if (target) offerOnly(target, TARGETS[row.dataset.action]);
}

function offerOnly(target, kind) {
  for (const option of target.options) {
    option.hidden = option.value !== "" && !option.value.startsWith(`${kind}:`);
    if (option.hidden && option.selected) target.value = "";
  }
  for (const group of target.querySelectorAll("optgroup")) {
    group.hidden = [...group.children].every((option) => option.hidden);
  }
}

function clear(row) {
  for (const input of row.querySelectorAll("input")) input.value = input.defaultValue;
  for (const select of row.querySelectorAll("select")) select.selectedIndex = 0;
  describe(row);
}

function add(body, most) {
  if (body.rows.length >= most) return;
  const row = body.rows[body.rows.length - 1].cloneNode(true);
  for (const input of row.querySelectorAll("input[type='text']")) input.defaultValue = "";
  clear(row);
  body.append(row);
  row.querySelector("select, input").focus();
}

function remove(row) {
  const body = row.parentElement;
  if (body.rows.length === 1) {
    clear(row);
    return;
  }
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  neighbour.querySelector("[data-action='remove']").focus();
}

function press(event) {
  const button = event.target.closest("[data-rows] button[data-action]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("tr");
  const { action, most } = button.dataset;
  if (action === "add") add(button.closest("[data-rows]").querySelector("tbody"), Number(most));
  else if (action === "remove") remove(row);
  else if (action === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  if (action === "up" || action === "down") button.focus();
  button.form?.dispatchEvent(new Event("input"));
}

for (const row of document.querySelectorAll("[data-rows] tbody tr")) describe(row);
document.addEventListener("click", press);
document.addEventListener("change", (event) => {
  const row = event.target.closest("[data-rows] tbody tr");
  if (row) describe(row);
});
