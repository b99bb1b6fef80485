import type { CheckpointPermissions } from "@checkpoint-permissions/client"
import type { NodeContext } from "@effect/platform-node"
import type { SqlClient } from "@effect/sql"
import { Effect, Layer } from "effect"
import { Cluster, type Jobs } from "../../src/index.ts"
import { freshFile, freshPostgres, hasPostgres, postgresClient } from "./databases.ts"

type Given = CheckpointPermissions.CheckpointPermissions | NodeContext.NodeContext

interface Store {
  readonly name: string
  readonly database: Layer.Layer<SqlClient.SqlClient, unknown, Given>
  /** In which this process works. */
  readonly cluster: Layer.Layer<Jobs.Jobs, unknown, Given>
}

const onPostgres: Store = {
  name: "Postgres",
  database: Layer.unwrapScoped(Effect.map(freshPostgres, postgresClient)),
  cluster: Layer.unwrapScoped(
    Effect.map(freshPostgres, (url) =>
      Layer.provide(Cluster.layer({ pollInterval: "200 millis" }), postgresClient(url))
    )
  )
}

/** Where jobs are stored: a store of its own for each test. */
export const stores: ReadonlyArray<Store> = [
  {
    name: "a file",
    database: Layer.unwrapScoped(Effect.map(freshFile, Cluster.sqliteClient)),
    cluster: Layer.unwrapScoped(Effect.map(freshFile, (file) => Cluster.layerSqlite(file)))
  },
  ...(hasPostgres ? [onPostgres] : [])
]
