import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { check, refuseConfigs, refuseKey, refuseUrlOfEnvironment, type Settings } from "../src/options.ts"

const defaults: Settings = {
  server: { apiUrl: "https://api.openai.com/v1", organization: undefined },
  authHeader: "authorization",
  authScheme: "Bearer ",
  headers: {},
  pageSize: 100,
  prefetch: true,
  logWaits: true,
  tracePropagation: false
}

const names =
  "adminKey, apiUrl, organizationId, projectId, authHeader, userAgent, allowInsecureHttp, timeout, retry, pacing, pageSize, prefetch, logWaits, tracePropagation, transformClient"
const known = `known names: ${names}`

/** Rows of values that are refused for the same reason. */
const all = (reason: string, ...values: ReadonlyArray<unknown>) => values.map((value) => [value, reason] as const)

describe("options", () => {
  it.each<readonly [object, Partial<Settings>]>([
    [{}, {}],
    [Object.fromEntries(names.split(", ").map((name) => [name, undefined])), {}],
    [{ adminKey: "any", timeout: -1, retry: "any", pacing: 7, transformClient: () => 1 }, {}],
    [
      { organizationId: "org-1", projectId: "proj_1" },
      {
        server: { ...defaults.server, organization: "org-1" },
        headers: { "openai-organization": "org-1", "openai-project": "proj_1" }
      }
    ],
    [
      { organizationId: "!" },
      { server: { ...defaults.server, organization: "!" }, headers: { "openai-organization": "!" } }
    ],
    [{ authHeader: "Bearer" }, {}],
    [{ authHeader: "Authorization" }, { authScheme: "" }],
    [{ authHeader: "API-Key" }, { authHeader: "api-key", authScheme: "" }],
    [{ authHeader: "!#$%&'*+.^_`|~-9" }, { authHeader: "!#$%&'*+.^_`|~-9", authScheme: "" }],
    [{ userAgent: "app/1.0 (x)" }, { headers: { "user-agent": "app/1.0 (x)" } }],
    [{ pageSize: 1 }, { pageSize: 1 }],
    [{ prefetch: false }, { prefetch: false }],
    [{ tracePropagation: true }, { tracePropagation: true }],
    [{ prefetch: true, allowInsecureHttp: true }, {}]
  ])("%j are taken", (options, settings) => {
    assert.deepStrictEqual(check(options), { ok: { ...defaults, ...settings } })
  })

  const headerText = "empty, or with characters that are not allowed in a header: pass an id, or omit it"
  const authText = 'not a valid header for the key: pass "bearer", or a name such as "api-key"'
  const header = (...values: ReadonlyArray<unknown>) => values.map((value) => ["authHeader", value, authText] as const)
  it.each<readonly [field: string, value: unknown, reason: string]>([
    ...["", "a b", "org-1\r\nx: 1", "é", 7, "\u007f"].flatMap(
      (value) => [["organizationId", value, headerText] as const, ["projectId", value, headerText] as const] as const
    ),
    ...header("", "x:y", "x\r\ny", "é", "x y", 7, {}, "Accept", "Connection", "Content-Length", "Content-Type", "HOST"),
    ...header("OpenAI-Organization", "OpenAI-Project", "Transfer-Encoding"),
    ...[
      [0, "0"],
      [-1, "-1"],
      [1.5, "1.5"],
      [Number.NaN, "NaN"],
      [Number.POSITIVE_INFINITY, "Infinity"],
      [2 ** 53, "9007199254740992"],
      ["100", '"100"'],
      [[7], "an array"]
    ].map(([value, shown]) => ["pageSize", value, `${shown} is not a whole number of 1 or more`] as const),
    ...all(
      "empty, or with characters that are not allowed in a header: pass one such as my-app/1.0",
      ...["", " a", "a ", "a\nb", "é", 7]
    ).map(([value, reason]) => ["userAgent", value, reason] as const),
    ["prefetch", 1, "prefetch is 1: pass true or false"],
    ["prefetch", "no", 'prefetch is "no": pass true or false'],
    ["tracePropagation", "b3", 'tracePropagation is "b3": pass true or false'],
    ["allowInsecureHttp", "false", 'allowInsecureHttp is "false": pass true or false'],
    ["transformClient", 7, "transformClient is 7: pass a function"],
    ["transformClient", {}, "transformClient is an object: pass a function"]
  ])("%s may not be %j", (field, value, reason) => {
    assert.deepStrictEqual(check({ [field]: value }), { field, reason })
  })

  it.each([
    ["orgId", "organizationId"],
    ["baseURL", "apiUrl"],
    ["apiKey", "adminKey"],
    ["adminAPIKey", "adminKey"]
  ])("refuse %s, and suggest %s", (name, meant) => {
    assert.deepStrictEqual(check({ [name]: 1 }), {
      field: name,
      reason: `unknown name: did you mean ${meant}? ${known}`
    })
  })

  it("refuse a misspelt name, and list the known ones", () => {
    assert.deepStrictEqual(check({ pagesize: 1 }), { field: "pagesize", reason: `unknown name: ${known}` })
  })

  it("of one project have its key, and suggest no other library's names", () => {
    const { adminKey: _, ...rest } = Object.fromEntries(names.split(", ").map((name) => [name, undefined]))
    assert.deepStrictEqual(check({ ...rest, apiKey: "any", projectId: "proj_1" }, "apiKey"), {
      ok: { ...defaults, headers: { "openai-project": "proj_1" } }
    })
    for (const projectId of [undefined, "ft:a"]) {
      assert.deepInclude(check({ apiKey: "any", projectId }, "apiKey"), { field: "projectId" })
    }
    assert.deepInclude(check({ orgId: 1 }, "apiKey"), { field: "orgId" })
    assert.notInclude(JSON.stringify(check({ orgId: 1 }, "apiKey")), "did you mean")
  })
})

describe("options with Configs for key and server", () => {
  const refused = (options: unknown) => refuseConfigs(options, (value) => value === "config")

  it("are refused by field: what is no Config, what is wrong beside, what is misspelt", () => {
    const configs = ["adminKey", "apiUrl", "organizationId", "projectId"]
    assert.isUndefined(refused({ pageSize: 5, ...Object.fromEntries(configs.map((name) => [name, "config"])) }))
    for (const field of configs) {
      const reason = "not a Config: pass one that reads a variable, or Config.succeed(value)"
      assert.deepStrictEqual(refused({ [field]: "text" }), { field, reason })
    }
    assert.deepInclude(refused({ pageSize: 0 }), { field: "pageSize" })
    assert.include(refused({ baseUrl: "config" })?.reason, "did you mean apiUrl?")
  })
})

describe("the base URL", () => {
  const asItIs = (url: string) => [url, url] as const
  it.each<readonly [string, string]>([
    ...["https://api.openai.com/v1", "https://example.com", "https://example.com//a//b"].map(asItIs),
    ...["https://gateway.example/a%2Fb/v1", "http://localhost:8080/v1", "http://api.localhost/v1"].map(asItIs),
    ...["http://127.0.0.1:8080/v1", "http://127.255.0.3/v1", "http://127.100.200.255/v1"].map(asItIs),
    ...["http://[::1]/v1"].map(asItIs),
    ["https://api.openai.com/v1/", "https://api.openai.com/v1"],
    ["https://api.openai.com/v1///", "https://api.openai.com/v1"],
    ["https://example.com/", "https://example.com"],
    ["HTTPS://Example.COM:8443/a/b", "https://example.com:8443/a/b"],
    ["https://example.com:443/v1", "https://example.com/v1"],
    ["http://LOCALHOST/v1", "http://localhost/v1"],
    ["http://127.1/v1", "http://127.0.0.1/v1"],
    ["http://[0:0:0:0:0:0:0:1]:8080/v1/", "http://[::1]:8080/v1"]
  ])("%s is %s", (given, apiUrl) => {
    assert.deepStrictEqual(check({ apiUrl: given }), { ok: { ...defaults, server: { ...defaults.server, apiUrl } } })
  })

  const example = "pass one such as https://api.openai.com/v1"
  const scheme = `the base URL does not begin with https://: ${example}`
  const space = `the base URL contains white space, a backslash or a control character: ${example}`
  const unreadable = `the base URL cannot be parsed: ${example}`
  const user = "the base URL contains user info: remove the part before the @, and pass the key as adminKey"
  const query = `the base URL contains a query or a fragment: ${example}`
  const plain = "the base URL uses http, which sends the key unencrypted: use https, or set allowInsecureHttp"
  it.each<readonly [unknown, string]>([
    ...all(scheme, "", 7, null, ["https://a.example"], "api.openai.com/v1", "localhost:8080/v1", "//api.openai.com/v1"),
    ...all(scheme, "ftp://api.openai.com/v1", "file:///etc/passwd", "xhttps://api.openai.com", "http:evil.com"),
    ...all(scheme, " https://api.openai.com/v1", "ht\ntps://evil.com/v1", "https:\\\\evil.com", "http:/evil.com"),
    ...all(space, "https://exa mple.com", "https://api.openai.com/v1 ", "https://api.openai.com\n.evil.com/v1"),
    ...all(space, "https://api.openai.com/\tv1", "https://api.openai.com/\u0000v1", "https://api.openai.com/\u0085v1"),
    ...all(space, "https://api.openai.com\\@evil.com"),
    ...all(unreadable, "https://", "https://example.com:99999/v1"),
    ...all(user, "https://user:secret@api.openai.com/v1", "https://user@api.openai.com/v1"),
    ...all(user, "https://:secret@api.openai.com/v1", "http://127.0.0.1@evil.com/v1"),
    ...all(query, "https://api.openai.com/v1?x=1", "https://api.openai.com/v1?", "https://api.openai.com/v1#x"),
    ...all(plain, "http://api.openai.com/v1", "HTTP://api.openai.com/v1", "http://127.0.0.1.evil.com/v1"),
    ...all(plain, "http://localhost.evil.com/v1", "http://notlocalhost/v1", "http://x127.0.0.1.com/v1"),
    ...all(plain, "http://192.168.0.1/v1", "http://0.0.0.0/v1", "http://[::2]/v1", "http://loc\u0430lhost/v1")
  ])("%j is refused", (apiUrl, reason) => {
    assert.deepStrictEqual(check({ apiUrl }), { field: "apiUrl", reason })
  })

  it("is plain http anywhere when that is allowed, and nothing else", () => {
    const apiUrl = "http://gateway.internal/v1"
    assert.deepStrictEqual(check({ apiUrl, allowInsecureHttp: true }), {
      ok: { ...defaults, server: { ...defaults.server, apiUrl } }
    })
    assert.deepStrictEqual(check({ apiUrl: "http://a:b@gateway.internal", allowInsecureHttp: true }), {
      field: "apiUrl",
      reason: user
    })
    assert.deepStrictEqual(check({ apiUrl, allowInsecureHttp: false }), { field: "apiUrl", reason: plain })
  })
})

describe("the admin key", () => {
  it.each(["sk-admin-abc", "!", "~", "any"])("may be %j", (key) => {
    assert.isUndefined(refuseKey("adminKey", key))
  })

  const empty = "the admin key is empty: pass an OpenAI admin key, usually from OPENAI_ADMIN_KEY"
  const space = "the admin key contains white space or a line break: trim it"
  const odd = "the admin key contains characters that are not allowed in a header: copy it again"
  it.each<readonly [unknown, string]>([
    ...all(empty, "", undefined, 7),
    ...all(space, "  ", " sk-a", "sk a", "sk-a\n", "sk-a\r\nx-evil: 1", "sk\ta", "sk-a\u00a0"),
    ...all(odd, "sk-a\u200b", "sk-a\u0000", "sk-ä", "äsk")
  ])("may not be %j", (key, reason) => {
    assert.deepStrictEqual(refuseKey("adminKey", key), { field: "adminKey", reason })
  })

  it("is in no reason", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 9 }), (key) => {
        assert.notInclude(refuseKey("adminKey", key)?.reason ?? "", key)
      })
    )
  })
})

describe("a base URL of the environment", () => {
  it.each([
    "https://api.openai.com/v1",
    "https://eu.api.openai.com/v1",
    "http://localhost:4010/v1",
    "http://127.0.0.1:4010/v1",
    "http://[::1]:4010/v1",
    "no URL"
  ])("may be %s", (url) => {
    assert.isUndefined(refuseUrlOfEnvironment(url))
  })

  it.each([
    ["https://gateway.example/v1", "gateway.example"],
    ["https://openai.com/v1", "openai.com"],
    ["https://evil-api.openai.com/v1", "evil-api.openai.com"],
    ["https://api.openai.com.example/v1", "api.openai.com.example"],
    ["https://fakeapi.openai.com.example:443/v1", "fakeapi.openai.com.example"],
    ["http://10.0.0.1/v1", "10.0.0.1"]
  ])("is refused as %s", (url, host) => {
    const refusal = refuseUrlOfEnvironment(url)
    assert.strictEqual(refusal?.field, "OPENAI_BASE_URL")
    assert.include(refusal?.reason, `would go to ${host}, which`)
  })
})
