// An identity provider that is not ours, set up as FranceConnect's partner documentation says: ES256, signed userinfo,
// acr, secret in the form, no PKCE asked for. Usage: franceconnect-provider.mjs < settings.json; it prints its port.
//
// settings: { client: {client_id, client_secret, redirect_uri, post_logout_redirect_uri}, algorithm, person: {sub, claims…} }

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import Provider from "oidc-provider";

const { client, algorithm, person } = JSON.parse(await text(process.stdin));

function signingKey() {
  const pair =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: "jwk" }), use: "sig", alg: algorithm, kid: "current" };
}

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const { port } = server.address();
const base = "/api/v2";
const provider = new Provider(`http://127.0.0.1:${port}${base}`, {
  acrValues: ["eidas1", "eidas2", "eidas3"],
  claims: {
    openid: ["sub"],
    acr: null,
    identite_pivot: ["given_name", "family_name", "birthdate", "gender", "birthplace", "birthcountry"],
    email: ["email"],
  },
  clients: [
    {
      client_id: client.client_id,
      client_secret: client.client_secret,
      redirect_uris: [client.redirect_uri],
      post_logout_redirect_uris: [client.post_logout_redirect_uri],
      token_endpoint_auth_method: "client_secret_post",
      id_token_signed_response_alg: algorithm,
      userinfo_signed_response_alg: algorithm,
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  cookies: { keys: ["only for tests"] },
  enabledJWA: { idTokenSigningAlgValues: [algorithm], userinfoSigningAlgValues: [algorithm] },
  features: {
    devInteractions: { enabled: false },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ ...person, sub: accountId }) }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [signingKey()] },
  pkce: { required: () => false },
  routes: {
    authorization: `${base}/authorize`,
    end_session: `${base}/session/end`,
    jwks: `${base}/jwks`,
    token: `${base}/token`,
    userinfo: `${base}/userinfo`,
  },
  ttl: { AccessToken: 60, AuthorizationCode: 30, IdToken: 60, Grant: 600, Interaction: 600, Session: 600 },
});

/** Signs the one person in, and grants what was asked: what a citizen does on FranceConnect's pages. */
async function finish(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: person.sub, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, {
    login: { accountId: person.sub, acr: params.acr_values },
    consent: { grantId: await grant.save() },
  });
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    finish(request, response).catch((fault) => { response.writeHead(500).end(fault.message); });
  } else answer(request, response);
});
console.log(port);
