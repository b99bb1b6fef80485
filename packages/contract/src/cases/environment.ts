/** Values that a service made by `layerConfig` takes from the environment. */
import { list, listed, stream } from "../builders.ts"
import type { Case, Environment } from "../case.ts"

const key = "sk-admin-env"
const scopes = ["api.fine_tuning.checkpoints.read"] as const
const all = {
  OPENAI_ADMIN_KEY: key,
  OPENAI_BASE_URL: "https://eu.api.openai.com/v1/",
  OPENAI_ORG_ID: "org-env",
  OPENAI_PROJECT_ID: "proj_env"
}
const gateway = "https://api.openai.com.gateway.example/v1"

const servers: ReadonlyArray<readonly [what: string, environment: Environment, apiUrl: string]> = [
  ["the key alone is needed", { variables: { OPENAI_ADMIN_KEY: key } }, "https://api.openai.com/v1"],
  ["an empty base URL is none", { variables: { ...all, OPENAI_BASE_URL: "" } }, "https://api.openai.com/v1"],
  ["a base URL of OpenAI is taken", { variables: all }, "https://eu.api.openai.com/v1"],
  [
    "a base URL of this machine is taken",
    { variables: { ...all, OPENAI_BASE_URL: "http://[::1]:4010/v1/" } },
    "http://[::1]:4010/v1"
  ],
  [
    "a base URL of another host is taken where apiUrl names its variable",
    { variables: { ...all, OPENAI_BASE_URL: gateway }, configs: { apiUrl: "OPENAI_BASE_URL" } },
    gateway
  ]
]

const missing = (name: string) => ({ kind: "ConfigError", message: name })
/** A refused value. Its variable is in the message of Effect 4, and the path of Effect 3. */
const invalid = (variable: string, reason: string) => ({ kind: "ConfigError", invalid: variable, message: reason })
const refused: ReadonlyArray<
  readonly [
    what: string,
    variables: Readonly<Record<string, string>>,
    configs: Environment["configs"],
    fail: Readonly<Record<string, string>>
  ]
> = [
  ["no key", { OPENAI_ORG_ID: "org-env" }, {}, missing("OPENAI_ADMIN_KEY is not set")],
  ["an empty key", { OPENAI_ADMIN_KEY: "" }, {}, missing("OPENAI_ADMIN_KEY is not set")],
  ["no key where another variable is named for it", all, { adminKey: "MY_KEY" }, missing("MY_KEY")],
  ["a key with a line break", { OPENAI_ADMIN_KEY: `${key}\n` }, {}, invalid("OPENAI_ADMIN_KEY", "white space")],
  ["an invalid base URL", { ...all, OPENAI_BASE_URL: "ftp://x" }, {}, invalid("OPENAI_BASE_URL", "https://")],
  [
    "a base URL of another host, which would be sent the key",
    { ...all, OPENAI_BASE_URL: gateway },
    {},
    invalid("OPENAI_BASE_URL", "pass it as apiUrl to allow it")
  ],
  [
    "plain http in a variable of the application",
    { ...all, MINE: "http://example.com/v1" },
    { apiUrl: "MINE" },
    invalid("MINE", "uses http")
  ],
  [
    "a key of the application with a line break",
    { MINE: `${key}\n` },
    { adminKey: "MINE" },
    invalid("MINE", "white space")
  ],
  [
    "an organization with a space",
    { ...all, MINE: "org env" },
    { organizationId: "MINE" },
    invalid("MINE", "not allowed in a header")
  ]
]

export const environment: ReadonlyArray<Case> = [
  ...servers.map(
    ([name, environment, apiUrl]): Case => ({
      name,
      environment,
      call: { call: "server" },
      ok: { apiUrl, organization: undefined },
      sent: []
    })
  ),
  ...refused.map(
    ([what, variables, configs, fail]): Case => ({
      name: `${what} is refused, by the name of the variable`,
      environment: { variables, configs },
      call: list(),
      fail,
      sent: []
    })
  ),
  {
    name: "a misspelt option is refused, though no key is set",
    environment: { variables: {} },
    options: { baseUrl: gateway },
    call: list(),
    fail: invalid("baseUrl", "did you mean apiUrl?"),
    sent: []
  },
  {
    name: "the key is read, and no variable that is not named",
    environment: { variables: all },
    behavior: { keys: [{ key, scopes }] },
    call: list(),
    ok: listed(),
    headers: { "openai-organization": undefined, "openai-project": undefined, "user-agent": undefined }
  },
  {
    name: "a user agent is sent if it is configured",
    environment: { variables: all },
    options: { userAgent: "app/1.0 (nightly)" },
    call: list(),
    ok: listed(),
    headers: { "user-agent": "app/1.0 (nightly)" }
  },
  {
    name: "the user agent of the application's client is never replaced",
    environment: { variables: all, userAgent: "own/2" },
    options: { userAgent: "app/1.0" },
    call: list(),
    ok: listed(),
    headers: { "user-agent": "own/2" }
  },
  {
    name: "the variables that are named are read in the place of others",
    environment: {
      variables: { ...all, MY_KEY: "sk-mine" },
      configs: { adminKey: "MY_KEY", organizationId: "OPENAI_ORG_ID", projectId: "OPENAI_PROJECT_ID" }
    },
    behavior: { keys: [{ key: "sk-mine", scopes }] },
    call: list(),
    ok: listed(),
    headers: { "openai-organization": "org-env", "openai-project": "proj_env" }
  },
  {
    name: "other options are taken beside an environment",
    environment: { variables: all },
    options: { pageSize: 7 },
    call: stream(),
    ok: [],
    sent: ["list?limit=7 200"]
  }
]
