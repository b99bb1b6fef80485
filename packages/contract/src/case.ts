/** The model of a case: plain data, which the tests for each Effect version run. */
import type { Settings } from "@checkpoint-permissions/fake/behavior"
import type { Entry, Fault } from "@checkpoint-permissions/fake/faults"
import type { RecordedRequest } from "@checkpoint-permissions/fake/http"
import type { Organization, Seed } from "@checkpoint-permissions/fake/seed"

/** A limiter that a user implements. Times are milliseconds. */
export interface CustomPacing {
  readonly sleeps: number
  readonly pausedFor?: number
  /** The time after which it fails with a pause although it started the request, which may have ended before. */
  readonly runsFor?: number
  readonly isRecorded?: boolean
}

/** Options of the service. Times are milliseconds. */
export interface ServiceOptions {
  readonly adminKey?: string
  readonly apiUrl?: string
  readonly organizationId?: string
  readonly projectId?: string
  /** An option name of another library. */
  readonly baseUrl?: string
  readonly authHeader?: string
  readonly userAgent?: string
  readonly timeout?: number
  readonly pageSize?: number
  readonly prefetch?: boolean
  readonly logWaits?: boolean
  /**
   * Default: none. With `sleeps`: a custom limiter that sleeps before each permit, or reports a pause. With `isRecorded`,
   * the outcomes have a line for each permit that was requested, and one for each request that ended.
   */
  readonly pacing?:
    | "none"
    | "adaptive"
    | { readonly requests: number; readonly per: number; readonly burst?: number }
    | CustomPacing
  /** The number of further attempts, and the delay before each. Default: none. Without a cap: a plain schedule. */
  readonly retry?: "standard" | { readonly times: number; readonly every: number; readonly cap?: number }
}

/**
 * A whole list besides those of permissions. Its result is the ids. A list of a project uses `adminKey` as its key, and
 * `proj_1` as the default project.
 */
export type ListCall =
  | { readonly call: "projects"; readonly includeArchived?: boolean }
  | {
      readonly call: "events"
      /** Milliseconds since the start. */
      readonly since?: number
      readonly until?: number
      readonly types?: ReadonlyArray<string>
    }
  | { readonly call: "adminKeys" | "models" | "jobs" }
  | { readonly call: "checkpoints"; readonly job: string }

/** An observer that takes this time, or never ends. If it has a name, the values that it receives are recorded. */
export interface Observer {
  readonly takes: number | "never"
  /** Default: false. */
  readonly uninterruptible?: boolean
  readonly name?: string
}

/** The environment in which a service is made, and the names of the variables for its options. */
export interface Environment {
  readonly variables: Readonly<Record<string, string>>
  /** The `User-Agent` that the application's `HttpClient` sets. */
  readonly userAgent?: string
  readonly configs?: { readonly [K in "adminKey" | "apiUrl" | "organizationId" | "projectId"]?: string } | undefined
}

/** The call of a case. Parameters are values that a program without types could pass. */
export type Call =
  | ListCall
  | { readonly call: "server" }
  | { readonly call: "modelPermissions"; readonly project: string }
  | { readonly call: "list"; readonly checkpoint: string; readonly params?: Readonly<Record<string, unknown>> }
  | {
      readonly call: "stream"
      readonly checkpoint: string
      readonly params?: Readonly<Record<string, unknown>>
      /** The maximum number of permissions to take from the stream. */
      readonly take?: number
      /** The time that the consumer takes for each permission. Default: 0. */
      readonly each?: number
      /** An option of the stream itself. */
      readonly deadline?: number
    }
  | { readonly call: "create"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  | { readonly call: "delete"; readonly checkpoint: string; readonly permission: string }
  | { readonly call: "grant"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  | { readonly call: "revoke"; readonly checkpoint: string; readonly projects: ReadonlyArray<string> }
  /**
   * Runs a call `count` times, at most `concurrency` concurrently. Default: one. The result of each is its value, or the
   * kind of its failure.
   */
  | { readonly call: "repeat"; readonly of: Call; readonly count: number; readonly concurrency?: number }
  /** Estimates the time of `list` calls in milliseconds, after another call has succeeded or failed. */
  | { readonly call: "estimate"; readonly after: Call; readonly list: number }
  /** Runs calls one after the other, or concurrently. The result is the time at which each ended, since the start. */
  | { readonly call: "sequence" | "together"; readonly of: ReadonlyArray<Call> }
  | { readonly call: "delayed"; readonly of: Call; readonly by: number }
  | { readonly call: "finishInFlight" | "uninterruptible"; readonly of: Call }
  /** Its result is `"late"` if the call takes longer. */
  | { readonly call: "timeout"; readonly of: Call; readonly after: number }
  /** Interrupts the call. Its result is `"interrupted"`, unless the call had ended before. */
  | { readonly call: "interrupt"; readonly of: Call; readonly after: number }
  /** Acquires a resource whose use never ends. */
  | { readonly call: "acquireUseRelease"; readonly acquire: Call; readonly release: Call }
  /** Sets options for the calls inside. A `retry` without a cap is a plain schedule. */
  | {
      readonly call: "withOptions"
      readonly of: Call
      readonly retry?: { readonly times: number; readonly every: number; readonly cap?: number }
      readonly timeout?: number
      readonly deadline?: number
      readonly urgent?: boolean
      readonly onReply?: Observer
      readonly onWait?: Observer
    }

/** The outcome of a call: its value, or the failure of its error. */
export type Outcome = { readonly ok: unknown } | { readonly fail: object }

/** A request that the fake received. */
export type SeenRequest = Omit<RecordedRequest, "key">

/** The observable results of a call. */
export interface Observed {
  readonly outcome: Outcome
  readonly requests: ReadonlyArray<SeenRequest>
  /** The projects that a stream emitted. */
  readonly given: ReadonlyArray<string>
  /** The projects that have access to the checkpoint at the end, one for each permission. */
  readonly leaves: ReadonlyArray<string>
  /**
   * The outcomes that `finishInFlight` received, such as `create done` or `delete ServerError`, and the values of
   * observers, such as `name list 200`.
   */
  readonly outcomes: ReadonlyArray<string>
  /** The logged warnings. */
  readonly warnings: ReadonlyArray<string>
  /** The duration, in milliseconds of the virtual clock. */
  readonly took: number
}

/** The expected outcome of the call: its value, or some fields of its failure. A text is a part of its field. */
export type Expected = { readonly ok: unknown } | { readonly fail: Readonly<Record<string, unknown>> }

/** A case. Times are milliseconds. */
export type Case = Expected & {
  /** The promise, as a sentence. */
  readonly name: string
  /** The projects with access to the checkpoint at the start, oldest first. */
  readonly has?: Seed[string]
  readonly organization?: Organization
  /** The replies to the first requests, in order. */
  readonly answers?: ReadonlyArray<Fault | Entry>
  readonly behavior?: Settings
  readonly options?: ServiceOptions
  /** The environment from which the service is made, together with the options. Default: the options alone. */
  readonly environment?: Environment
  readonly call: Call
  /** One line for each request, in order: {@link lineOf}. Not checked if missing. */
  readonly sent?: ReadonlyArray<string>
  /** Headers of the first request. Not checked if missing. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** The projects that a stream emitted before it ended or failed. Not checked if missing. */
  readonly given?: ReadonlyArray<string>
  /**
   * The projects that have access at the end. A project with two permissions is there twice. Not checked if missing.
   */
  readonly leaves?: ReadonlyArray<string>
  /** The values that `finishInFlight` and observers received. Not checked if missing. */
  readonly outcomes?: ReadonlyArray<string>
  /** A part of each logged warning. Not checked if missing. */
  readonly warnings?: ReadonlyArray<string>
  /** The duration, or its minimum and maximum. Default: 0. */
  readonly took?: number | readonly [least: number, most: number]
  /**
   * Whether to run the case repeatedly, with fibers that yield after different numbers of operations. Default: false.
   */
  readonly atEveryStep?: boolean
}
