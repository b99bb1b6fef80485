import { makeFetch } from "@checkpoint-permissions/fake"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { FetchHttpClient } from "@effect/platform"
import { Context, Effect, Layer } from "effect"
import { clockIn } from "../../src/internal/clock.ts"
import { asService, plainOptions } from "./controls.ts"
import { Target, type Transport } from "./transport.ts"

/** `makeFetch` under the platform's own client, in the time of the test's clock. */
export const madeFetch: Transport = (options) =>
  FetchHttpClient.layer.pipe(
    Layer.provideMerge(
      Layer.scopedContext(
        Effect.map(Effect.flatMap(Effect.scope, clockIn), (clock) => {
          const fetch = makeFetch({ ...plainOptions(options), clock })
          return Context.make(FakePermissions.FakePermissions, asService(fetch)).pipe(
            Context.add(FetchHttpClient.Fetch, fetch),
            Context.add(FetchHttpClient.RequestInit, { redirect: "manual" }),
            Context.add(Target, { baseUrl: "https://api.openai.com/v1", socket: false })
          )
        })
      )
    )
  )
