import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { faults } from "./contract/faults.ts"
import { records } from "./contract/records.ts"
import { Target, type Transport } from "./contract/transport.ts"

const inProcess: Transport = (options) =>
  Layer.merge(
    FakePermissions.layer(options),
    Layer.succeed(Target, { baseUrl: "https://api.openai.com/v1", socket: false })
  )

const socket: Transport = (options) =>
  Layer.effect(
    Target,
    Effect.map(Emulator.Emulator, ({ baseUrl }) => ({ baseUrl, socket: true }))
  ).pipe(
    Layer.provideMerge(Emulator.layer(options)),
    Layer.orDie,
    Layer.merge(FetchHttpClient.layer),
    Layer.merge(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
  )

/** What a transport adds to the rules, which `fake` tests. */
for (const [name, transport] of [
  ["FakePermissions", inProcess],
  ["socket", socket]
] as const) {
  faults(name, transport)
  records(name, transport)
}
