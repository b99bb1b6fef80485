import { reasons } from "@checkpoint-permissions/protocol/options"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { textOf } from "../src/internal/server/optionTexts.ts"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"

const env = { OPENAI_ADMIN_KEY: "sk-admin-secret-0123456789" }
const list = ["list", "ft:a"]
const page = ["api", "list", "ft:a"]

/** A command line, and what the one line on standard error has to say. */
const mistakes: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: RegExp]> = [
  [["lsit"], /unknown command "lsit": did you mean list\? See checkpoint-permissions --help$/],
  [["frobnicate"], /unknown command "frobnicate": use one of list, grant, .*, version;/],
  [["create", "ft:a"], /unknown command "create": did you mean api create\? See /],
  [["api", "frobnicate"], /unknown command "api frobnicate": use one of /],
  [["completion"], /missing argument <shell>: use one of bash, zsh;/],
  [["drift"], /no policy: pass --file/],
  [["plan", "-y"], /unknown option -y; see checkpoint-permissions plan --help$/],
  [["plan", "-o"], /--out needs a value;/],
  [["plan", "-o=a", "--out", "b"], /--out is given twice;/],
  [["--bogus"], /unknown option --bogus; see checkpoint-permissions --help$/],
  [["list"], /missing argument <checkpoint>; see checkpoint-permissions list --help$/],
  [[...list, "ft:b"], /unexpected argument "ft:b";/],
  [[...list, "--rate", "10/minute"], /unknown option --rate; see checkpoint-permissions list --help$/],
  [["history", "--since", "2999-01-01"], /--since: 2999-01-01T00:00:00\.000Z is in the future/],
  [["history", "--since", "soon"], /--since: not a time/],
  [["review", "--due", "14"], /--due: not a time: pass one such as 14d;/],
  [["audit", "ft:a", "--max-duration", "50"], /--max-duration: not a time: pass one such as 50m;/],
  [[...list, "--jsn"], /unknown option --jsn: did you mean --json\? See /],
  [["discover", "--project-key", "keys"], /unknown option --project-key: did you mean --project-keys\?/],
  [[...page, "--limit"], /--limit needs a value;/],
  [[...page, "--limit="], /value of --limit is empty/],
  [[...page, "--limit", "1", "--limit", "2"], /--limit is given twice;/],
  [[...list, "--json=yes"], /--json takes no value;/],
  [[...page, "--limit", "0"], /--limit is 0: pass a positive whole number/],
  [[...page, "--order", "asc"], /--order is "asc": pass "ascending" or "descending"/],
  [[...list, "--after", " cp_a"], /--after: .*white space: trim it/],
  [[...list, "--project", ".."], /--project: .*would address another path/],
  [[...list, "--log-level", "loud"], /unknown log level "loud": use one of all, trace, debug/],
  [["list", ""], /checkpoint id is empty: pass an id such as ft:/],
  [["list", "ftckpt_abc"], /pass the model name ft:/],
  [["api", "create", "ft:a", "proj_a", ""], /project id is empty/],
  [[...list, "--seed-file", "x.json"], /--seed-file requires --fake/],
  [[...list, "--fake", "--api-url", "https://example.com"], /--fake cannot be combined with --api-url/],
  [[...list, "--fake", "--admin-key-file", "key"], /--fake cannot be combined with --admin-key-file/],
  [[...list, "--admin-key-file", "/no/such/file"], /key file "\/no\/such\/file": no such file/],
  [[...list, "--api-url", "example.com"], /--api-url: .*does not begin with https/],
  [[...list, "--api-url", "http://example.com/v1"], /--api-url: .*--allow-insecure-http/],
  [[...list, "--api-url", "https://user:word@example.com"], /--api-url: .*user info/],
  [[...list, "--auth-header", "two words"], /--auth-header: /],
  [
    ["audit", "ft:a", "--rate", "10"],
    /--rate: not a rate: pass requests a minute, hour or second, such as 10\/minute;/
  ],
  [["audit", "ft:a", "--rate", "0.5/s"], /--rate: requests is 0\.5: pass the number of allowed requests, 1 or more;/],
  [["emulator", "--port", "65536"], /--port: not a port/],
  [["emulator", "--admin-key", ""], /value of --admin-key is empty/],
  [["emulator", "--host", "0.0.0.0"], /--host 0\.0\.0\.0: .*pass --control-token <token>, or --no-control$/],
  [["emulator", "--no-control", "--control-token", "t"], /--no-control cannot be combined with --control-token$/],
  [
    ["emulator", "--until-stdin-ends", "--", "ls"],
    /--until-stdin-ends cannot be combined with a command, which reads standard input/
  ],
  [["emulator", "--", ""], /the command after -- is empty: pass a program, such as -- pytest$/],
  [["emulator", "--control-token", "é"], /--control-token: not allowed in a header: pass printable ASCII/],
  [["emulator", "--preset", "lax"], /--preset: not a preset: pass strict, flaky, production or sdk-tests;/],
  [["emulator", "--rate", "10"], /--rate: expected "unlimited", or a rate such as/],
  [["emulator", "--latency", "300"], /--latency: expected a duration such as "300ms", or a range .* got "300";/],
  [["emulator", "--faults", "3"], /--faults: not a probability: pass a number from 0 to 1, such as 0\.2;/],
  [["emulator", "--behavior", "regrant=twice"], /--behavior regrant: expected "existing", .* got "twice"$/],
  [["emulator", "--behavior", "regran=second"], /--behavior regran: no such setting; did you mean regrant\?$/],
  [
    ["emulator", "--rate", "1/s", "--behavior", "rate.brust=3"],
    /--behavior rate\.brust: no such setting; did you mean burst\?$/
  ],
  [["emulator", "--admin-key", " sk-admin-a"], /value of --admin-key begins or ends with white space: trim it;/],
  [["emulator", "--settings", "/no/such/file"], /settings file "\/no\/such\/file": no such file/]
]

describe("wrong use", () => {
  it.effect.each(mistakes)("%j is refused in one line", ([args, says]) =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* exits(2, cli(args, { env }))
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^checkpoint-permissions: \P{Cc}+\n$/u)
      assert.match(stderr.trimEnd(), says)
    })
  )

  scoped("without a key it names the places for one, and --fake", function* () {
    for (const environment of [{}, { OPENAI_ADMIN_KEY: "" }]) {
      const { stderr } = yield* exits(2, cli(list, { env: environment }))
      assert.match(stderr, /no admin key: set OPENAI_ADMIN_KEY or pass --admin-key-file <file>; --fake needs no key\n$/)
    }
  })

  scoped("a refused variable is named", function* () {
    const key = yield* cli(list, { env: { OPENAI_ADMIN_KEY: "sk-admin with space" } })
    assert.match(key.stderr, /: OPENAI_ADMIN_KEY: the admin key contains white space/)
    const url = yield* cli(list, { env: { ...env, OPENAI_BASE_URL: "localhost:4010" } })
    assert.match(url.stderr, /: OPENAI_BASE_URL: /)
    const organization = yield* cli(list, { env: { ...env, OPENAI_ORG_ID: "ö" } })
    assert.match(organization.stderr, /: OPENAI_ORG_ID: /)
  })

  describe("the text of an option that the client refuses is that of the command line", () => {
    const url = (text: string, ...args: ReadonlyArray<string>) => [{ OPENAI_BASE_URL: text }, args] as const
    const refused = {
      apiUrl: {
        scheme: url("example.com"),
        characters: url("https://exa mple.com"),
        unreadable: url("https://"),
        userInfo: url("https://user:word@example.com"),
        query: url("https://example.com/v1?a=b"),
        plainHttp: url("http://example.com/v1")
      },
      adminKey: {
        empty: [{ OPENAI_ADMIN_KEY: " " }, []],
        space: [{ OPENAI_ADMIN_KEY: "sk-admin a" }, []],
        characters: [{ OPENAI_ADMIN_KEY: "sk-admin-ö" }, []]
      },
      authHeader: { invalid: [{}, ["--auth-header", "two words"]] },
      organizationId: { invalid: [{ OPENAI_ORG_ID: "ö" }, []] },
      projectId: { invalid: [{ OPENAI_PROJECT_ID: "ö" }, []] }
    } as const
    const names = new RegExp(`allowInsecureHttp|${Object.keys(reasons).join("|")}`)

    it.effect.each(
      Object.entries(refused).flatMap(([field, rules]) =>
        Object.entries(rules).map(([rule, [variables, args]]) => ({ field, rule, variables, args }))
      )
    )("$field, $rule", ({ args, field, variables }) =>
      Effect.gen(function* () {
        const { stderr } = yield* exits(2, cli([...list, ...args], { env: { ...env, ...variables } }))
        const [from = field] = [...Object.keys(variables), ...args]
        assert.include(stderr, from)
        assert.notMatch(stderr, names)
      })
    )

    it("for each reason, and no other", () => {
      const rulesOf = (all: object) => Object.entries(all).map(([field, rules]) => [field, Object.keys(rules).sort()])
      const { apiKey: _, ...ofCommandLine } = reasons
      assert.sameDeepMembers(rulesOf(refused), rulesOf(ofCommandLine))
      for (const [field, rules] of Object.entries(ofCommandLine)) {
        for (const reason of Object.values(rules)) {
          const text = textOf({ field, reason })
          assert.isDefined(text, reason)
          assert.notMatch(String(text), names)
        }
      }
    })
  })

  scoped("a key among the arguments is refused and not repeated", function* () {
    const secret = "sk-admin-argument-987654"
    for (const args of [
      [...list, "--admin-key", secret],
      [...list, `--admin-key=${secret}`],
      [...list, `--key=${secret}`],
      [...list, `--api-key=${secret}`],
      [...list, secret],
      ["apply", secret],
      [secret]
    ]) {
      const { stderr } = yield* exits(2, cli(args, { env }))
      assert.notInclude(stderr, "987654")
    }
  })
})
