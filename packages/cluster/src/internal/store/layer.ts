import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { OpenError } from "../../StoreError.ts"
import { open } from "./schema.ts"
import { make, Store } from "./store.ts"

const defaultPrefix = "checkpoint_permissions"

/** The store in a database, with its tables. */
export const layer = (prefix = defaultPrefix): Layer.Layer<Store, OpenError, SqlClient.SqlClient> =>
  Layer.effect(Store, Effect.tap(make(prefix), open))
