import { behavior, faults, InvalidSetting, makeFetch, seed } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { checkpoint, rejection } from "./support.ts"

/** Returns the thrown error. */
const thrown = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

const refused = (run: () => unknown, message: string | RegExp): void => {
  const error = thrown(run)
  assert.instanceOf(error, InvalidSetting)
  if (typeof message === "string") assert.strictEqual(error.message, message)
  else assert.match(error.message, message)
  assert.strictEqual(error.message, `${error.field}: ${error.reason}`)
  assert.notInclude(error.message, "\n")
}

/** As they come from JavaScript or a file. */
const settings: ReadonlyArray<readonly [settings: unknown, message: string | RegExp]> = [
  [{ regrant: "twice" }, 'behavior.regrant: expected "existing", "second", "conflict" or "bad-request", got "twice"'],
  [{ latency: -1 }, "behavior.latency: expected milliseconds from 0 to 2147483647 (24 days), got -1"],
  [{ latency: "5 s" }, 'behavior.latency: expected milliseconds from 0 to 2147483647 (24 days), got "5 s"'],
  [{ replyLatency: { min: 5, max: 1 } }, "behavior.replyLatency.max: expected a time that is not below min, got 1"],
  [
    { latency: { min: 5 } },
    "behavior.latency.max: expected milliseconds from 0 to 2147483647 (24 days), got undefined"
  ],
  [{ defaultLimit: 0 }, "behavior.defaultLimit: expected a whole number from 1 on, got 0"],
  [
    { shortPages: "always" },
    'behavior.shortPages: expected "never", "every-other", "filter-after-limit" or an object such as {"seed": 1}, got "always"'
  ],
  [{ shortPages: { seed: "a" } }, /^behavior\.shortPages\.seed: expected a whole number, got "a"$/],
  [{ rate: { requests: 0, per: 1 } }, "behavior.rate.requests: expected a number above 0, got 0"],
  [{ rate: { requests: 1, per: "minute" } }, 'behavior.rate.per: expected milliseconds above 0, got "minute"'],
  [{ rate: { requests: 1, per: 1, brust: 3 } }, "behavior.rate.brust: no such setting; did you mean burst?"],
  [{ owners: { [checkpoint]: "" } }, /^behavior\.owners\["ft:.*"\]: the project id is empty: pass an id such as proj_/],
  [{ dashboardEvents: 1.5 }, "behavior.dashboardEvents: expected a number from 0 to 1, got 1.5"],
  [
    { keys: [{ key: "sécret", scopes: [] }] },
    "behavior.keys[0].key: expected a key that is valid in a header: printable ASCII, no space at either end"
  ],
  [
    { keys: [{ key: "sk-1", scopes: ["admin"] }] },
    'behavior.keys[0].scopes[0]: expected "api.fine_tuning.checkpoints.read", "api.fine_tuning.checkpoints.write", "api.management.read", "api.management.write" or "api.audit_logs.read", got "admin"'
  ],
  [{ regrnat: "second" }, "behavior.regrnat: no such setting; did you mean regrant?"],
  [{ quota: 10 }, /^behavior\.quota: no such setting; expected regrant, partialCreate, .* or replyLatency$/],
  [[], "behavior: expected an object of settings, got a list"]
]

describe("invalid settings are refused with what is expected", () => {
  it.each(settings)("behavior %j", (given, message) => {
    refused(() => behavior.assertSettings(given), message)
  })

  it("a secret that is refused is not repeated", () => {
    const error = thrown(() => behavior.change(behavior.defaults, { keys: [behavior.adminKey("sk-admin-\u0001")] }))
    assert.notInclude(String(error), "sk-admin")
    for (const run of [
      () => seed.assertSeed({ "sk-admin-1": [] }),
      () => seed.assertSeed({ [checkpoint]: ["sk-admin-1"] }),
      () => behavior.assertSettings({ regrant: "sk-admin-1" })
    ]) {
      assert.notInclude(String(thrown(run)), "sk-admin")
    }
  })

  const model = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
  const seeds: ReadonlyArray<readonly [seed: unknown, message: string | RegExp]> = [
    [{ [model]: ["proj_a", ""] }, /^seed\["ft:.*"\]\[1\]: the project id is empty: pass an id such as proj_/],
    [{ [model]: "proj_a" }, `seed["${model}"]: expected a list of project ids, got "proj_a"`],
    [
      { [model]: [{ project: "proj_a" }] },
      /^seed\["ft:.*"\]\[0\]\.project: no such setting; did you mean project_id\?$/
    ],
    [
      { [model]: [{ project_id: "proj_a", created_at: -1 }] },
      `seed["${model}"][0].created_at: expected a whole number from 0 on, got -1`
    ],
    [{ "": [] }, /^seed\[""\]: /],
    [{ ftckpt_1: [] }, /^seed\["ftckpt_1"\]: /]
  ]
  it.each(seeds)("a seed %j", (given, message) => refused(() => seed.assertSeed(given), message))

  const job = { id: "ftjob-1", fine_tuned_model: model }
  const step = { id: "ftckpt_1", fine_tuned_model_checkpoint: model }
  const event = { type: "user.added", effective_at: 5 }
  const named = { ...event, id: "a" }
  const twice = (id: string) => `expected a unique id, got "${id}" again`
  const organizations: ReadonlyArray<readonly [organization: unknown, message: string]> = [
    [{ projects: ["proj_a", { id: "proj_a" }] }, `projects[1]: ${twice("proj_a")}`],
    [{ models: [{ id: "gpt-4o" }, "gpt-4", "gpt-4o"] }, `models[2]: ${twice("gpt-4o")}`],
    [{ jobs: [job, job] }, `jobs[1]: ${twice("ftjob-1")}`],
    [{ jobs: [{ ...job, checkpoints: [step, step] }] }, `jobs[0].checkpoints[1]: ${twice("ftckpt_1")}`],
    [{ events: [named, named] }, `events[1]: ${twice("a")}`],
    [
      { events: [{ ...event, type: "user.praised" }] },
      'events[0].type: expected a type of event, such as "checkpoint.permission.created", got "user.praised"'
    ],
    [{ events: [{ ...event, actor: { user: "ana" } }] }, "events[0].actor.user: no such setting; expected key"],
    [
      { events: [{ ...event, actor: { session: "ana" } }] },
      'events[0].actor.session: expected an object with an id or an email, got "ana"'
    ],
    [
      { adminKeys: [{ id: "key_1", owner: { type: "robot", id: "r" } }] },
      'adminKeys[0].owner.type: expected "user" or "service_account", got "robot"'
    ]
  ]
  it.each(organizations)("an organization %j", (given, message) => {
    refused(() => seed.assertOrganization(given), `organization.${message}`)
  })

  it("a plan of faults", () => {
    const random = (options: object) => ({ _tag: "Random", seed: 1, probability: 1, kinds: ["huge"], ...options })
    const scripted = (entry: unknown) => ({ _tag: "Scripted", entries: [entry] })
    for (const [plan, message] of [
      [random({ probability: 3 }), "faults.probability: expected a number from 0 to 1, got 3"],
      [random({ consecutive: 0 }), "faults.consecutive: expected a whole number from 1 on, got 0"],
      [random({ kinds: ["fire"] }), /^faults\.kinds\[0\]: expected "rate-limited", .* got "fire"$/],
      [scripted({ fault: { _tag: "Explosion" } }), /entries\[0\]\.fault\._tag: expected "Reply", .* got "Explosion"$/],
      [
        scripted({ fault: faults.reply(99) }),
        "faults.entries[0].fault.status: expected a whole number from 200 to 599, got 99"
      ]
    ] as const) {
      refused(() => faults.assertPlan(plan), message)
    }
    for (const [entry, message] of [
      [
        { fault: faults.rateLimited({ "retry-after": "soon\n" }) },
        'fault.fault.headers["retry-after"]: expected what a header can carry: printable text on one line, without letters beyond Latin-1, got "soon\\n"'
      ],
      [{ fault: faults.lateWork(-1) }, "fault.fault.millis: expected a whole number from 0 to 86400000, got -1"],
      [{ fault: faults.dropAfter(), times: 0 }, "fault.times: expected a whole number from 1 on, got 0"]
    ] as const) {
      const { fault, ...matching } = entry
      refused(() => makeFetch().inject(fault, matching), message)
    }
  })

  it("options", () => {
    for (const [options, message] of [
      [{ seeds: {} }, "options.seeds: no such setting; did you mean seed?"],
      [{ randomSeed: 0.5 }, "options.randomSeed: expected a whole number, got 0.5"],
      [{ behavior: null }, "behavior: expected an object of settings, got null"],
      [{ clock: {} }, 'clock: expected "real", "manual" or a clock, got an object'],
      [{ clock: "maual" }, 'clock: expected "real", "manual" or a clock, got "maual"'],
      [{ startAt: 5 }, 'startAt: it is the start of a manual clock: pass clock: "manual" too, or omit it'],
      [{ startAt: Number.NaN, clock: "manual" }, "startAt: expected a number of milliseconds, got NaN"],
      [{ faults: [] }, "faults: expected a plan, as scripted and random make them, got a list"]
    ] as const) {
      const odd: object = options
      refused(() => makeFetch(odd), message)
    }
  })

  it.each([
    [faults.latency, [{ afer: 5 }], "latency.afer: no such setting; did you mean after?"],
    [faults.reply, [200, { boddy: "" }], "reply.boddy: no such setting; did you mean body?"],
    [faults.error, [500, { mesage: "" }], "error.mesage: no such setting; did you mean message?"],
    [faults.html, [200, { work: true }], /^html\.work: no such setting/],
    [faults.truncatedBody, [{ shared: 1 }], "truncatedBody.shared: no such setting; did you mean share?"],
    [faults.endless, [{ chunks: 1 }], "endless.chunks: no such setting; did you mean chunk?"],
    [faults.huge, [{ byte: 1 }], "huge.byte: no such setting; did you mean bytes?"]
  ])("a fault with an unknown option: %s %j", (make, args, message) => {
    refused(() => Reflect.apply(make, undefined, args), message)
  })

  it("what is refused changes nothing", () => {
    const fetch = makeFetch({ seed: { [checkpoint]: ["proj_a"] } })
    const before = fetch.behavior()
    thrown(() => fetch.setBehavior({ regrant: "second", latency: -1 }))
    thrown(() => fetch.seed({ [checkpoint]: ["proj_b", ""] }))
    assert.strictEqual(fetch.behavior(), before)
    assert.deepStrictEqual(fetch.projects(checkpoint), ["proj_a"])
  })

  it("advance: a clock that is not manual, and no time at all", async () => {
    const error = await rejection(makeFetch().advance(1))
    assert.instanceOf(error, InvalidSetting)
    assert.match(error.message, /^clock: expected "manual"/)
    assert.instanceOf(await rejection(makeFetch({ clock: "manual" }).advance(-1)), RangeError)
  })
})
