// Requests to the pages' program, as the signed-in user.

export class RequestError extends Error {
  constructor(status, { message = "", field = null } = {}) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new RequestError(response.status, body.error);
}

export async function getJson(path, signal) {
  return (await checked(await fetch(path, { signal, headers: { Accept: "application/json" } }))).json();
}

export async function getFragment(path, signal) {
  return (await checked(await fetch(path, { signal, headers: { "HX-Request": "true" } }))).text();
}

export async function postJson(path, body) {
  const token = document.querySelector("meta[name=xsrf-token]")?.content ?? "";
  const headers = { "Content-Type": "application/json", "X-XSRFToken": token };
  return (await checked(await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }))).json();
}
