import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { access } from "./contract/access.ts"
import { auditLog } from "./contract/auditLog.ts"
import { creating } from "./contract/create.ts"
import { faults } from "./contract/faults.ts"
import { listing } from "./contract/list.ts"
import { madeFetch } from "./contract/madeFetch.ts"
import { organizationRoutes } from "./contract/organization.ts"
import { organizationSettings } from "./contract/organizationSettings.ts"
import { quota } from "./contract/quota.ts"
import { records } from "./contract/records.ts"
import { removing } from "./contract/remove.ts"
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

/** Everything is promised of whatever carries the requests. */
const suite = (name: string, transport: Transport): void => {
  listing(name, transport)
  creating(name, transport)
  removing(name, transport)
  access(name, transport)
  quota(name, transport)
  faults(name, transport)
  records(name, transport)
  organizationRoutes(name, transport)
  organizationSettings(name, transport)
  auditLog(name, transport)
}

suite("FakePermissions", inProcess)
suite("socket", socket)
suite("makeFetch", madeFetch)
