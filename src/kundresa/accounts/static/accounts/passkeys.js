// A [data-passkey] form asks the device for a passkey (get) or to make one (create), and sends what
// it answers. What is asked stands in the JSON of [data-options], or at the address [data-asks].

const coded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const bytes = (text) => Uint8Array.from(
  atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0),
);

const named = (known) => known?.map((one) => ({ ...one, id: bytes(one.id) }));

async function asked(form) {
  if (form.dataset.options) {
    return JSON.parse(document.getElementById(form.dataset.options).textContent).publicKey;
  }
  const answer = await fetch(form.dataset.asks, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return (await answer.json()).request_options.publicKey;
}

async function taken(form) {
  const options = await asked(form);
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: named(options.allowCredentials),
  };
  const found = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = found.response;
  return told(found, {
    authenticatorData: coded(authenticatorData),
    signature: coded(signature),
    userHandle: userHandle ? coded(userHandle) : null,
  });
}

async function made(form) {
  const options = await asked(form);
  const alone = form.elements.passwordless?.checked;
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
    authenticatorSelection: {
      ...options.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: Boolean(alone),
      userVerification: alone ? "required" : "preferred",
    },
  };
  const found = await navigator.credentials.create({ publicKey });
  return told(found, { attestationObject: coded(found.response.attestationObject) });
}

function told(found, response) {
  return {
    id: found.id,
    rawId: coded(found.rawId),
    type: found.type,
    clientExtensionResults: found.getClientExtensionResults(),
    response: { ...response, clientDataJSON: coded(found.response.clientDataJSON) },
  };
}

async function send(form) {
  const button = form.querySelector("[type=submit]");
  const line = form.querySelector("[data-told]");
  line.textContent = "";
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await (form.dataset.passkey === "create" ? made : taken)(form);
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  } catch (fault) {
    line.textContent = fault.name === "SecurityError" ? form.dataset.unsafe : form.dataset.failed;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (window.PublicKeyCredential) {
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  } else if (form.dataset.none) {
    form.querySelector("[data-told]").textContent = form.dataset.none;
    form.querySelector("[type=submit]").disabled = true;
  }
}
