/** The application of `list.ts` for Effect 4. */
import * as CheckpointPermissions from "@checkpoint-permissions/effect4/CheckpointPermissions"
import * as Effect from "effect-4/Effect"
import * as FetchHttpClient from "effect-4/http/FetchHttpClient"
import * as Layer from "effect-4/Layer"
import * as Stream from "effect-4/Stream"

const program = CheckpointPermissions.stream("ft:bench:10").pipe(
  Stream.runForEach((permission) => Effect.sync(() => console.log(permission.project_id)))
)

const layer = CheckpointPermissions.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))

Effect.runPromise(Effect.provide(program, layer))
