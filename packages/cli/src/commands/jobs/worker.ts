/**
 * `checkpoint-permissions worker`: works on the jobs of a store.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { wrongUse } from "../../internal/failure.ts"
import { described, type Given } from "../../internal/help/described.ts"
import { option, optional, parsed } from "../../internal/input/option.ts"
import { rateOf, serverOptions } from "../../internal/server/server.ts"
import { checkpointLockOptions } from "../../internal/state/locks.ts"
import { store, storeOf } from "../../internal/store/address.ts"
import * as Health from "../../internal/store/health.ts"
import { machinery } from "../../internal/store/lazy.ts"

const config = {
  store,
  redis: option(
    "redis",
    "url",
    parsed(
      (text) => (/^rediss?:\/\/./.test(text) && URL.canParse(text) ? Redacted.make(text) : undefined),
      "not a Redis: pass redis://<host>:<port>, or rediss:// for TLS"
    )
  ).pipe(optional("Keep the pace in Redis, where other programs share the quota. Otherwise in the store.")),
  health: option(
    "health",
    "address",
    parsed(Health.parse, "not an address: pass a port, which is then of 127.0.0.1, or <host>:<port>")
  ).pipe(optional("Answer GET /health there. A bare port is one of 127.0.0.1. Otherwise nothing listens.")),
  rate: rateOf(" Otherwise 10/minute, which all workers of a database keep together."),
  ...checkpointLockOptions,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  if (options.fake) {
    return yield* wrongUse("--fake is a server inside one process, and a worker is for others: leave it out")
  }
  const { work } = yield* machinery
  yield* work(options, yield* storeOf("worker", options.store))
})

/** @category commands */
export const worker = described("worker", config, run, {
  summary: "Work on the jobs of a store, with the key of this machine.",
  details: [
    "As many as you like may work on one database, on as many machines; they keep one pace together. A file has one worker. Whoever may write the store may use this key.",
    "Works until SIGTERM or Ctrl-C, which let what is in flight finish; another worker goes on at once. Exits with 0 then."
  ],
  examples: {
    "worker --store postgres://me@db/access": "with the key in OPENAI_ADMIN_KEY, and the password in PGPASSWORD",
    "worker --store sqlite:access.db --health 8080": "the one worker of a file"
  }
})
