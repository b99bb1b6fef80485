/**
 * The emulator without a socket: the API under its base URL, control routes under `/__fake`, and separate servers for
 * tests that run concurrently. A transport passes requests to {@link Emulator.receive}.
 *
 * Also parses the settings of files, command lines and control requests. There, every duration is a text such as
 * `"300ms"`, `"5 seconds"` or `"1h30m"`.
 */
import { type Clock, type ShiftedClock, shifted } from "./clock.ts"
import type * as Host from "./host.ts"
import { make as makeHost } from "./host.ts"
import { errorReply, type Outcome, type Reply, type ServerRequest } from "./http.ts"
import { replied } from "./internal/api/reply.ts"
import { type Answer, type Control, type DelayedReply, guard } from "./internal/control/guard.ts"
import { answer, type Instance } from "./internal/control/routes.ts"
import { drive, type InFlight } from "./internal/server/drive.ts"
import { memory } from "./internal/server/requests.ts"

export type { Control } from "./internal/control/guard.ts"
export type { InFlight } from "./internal/server/drive.ts"
export { formatBehavior } from "./internal/text/behavior.ts"
export { ofPreset, type Preset, type PresetName, parseSeed, parseSettings, presets } from "./internal/text/settings.ts"

/** The options of an emulator. */
export interface Options extends Host.Options {
  /** The clients that may use the control routes. Default: `"local"`. */
  readonly control?: Control | undefined
}

/** A main server and separate servers, with their control routes. */
export interface Emulator {
  /** The main server, which is not under `/__fake/servers`. */
  readonly host: Host.Host
  readonly clock: ShiftedClock
  /**
   * Receives a request and calls back once with its outcome, immediately if nothing delays it. After `abandon` it does
   * not call back.
   */
  readonly receive: (request: ServerRequest, respond: (outcome: Outcome) => void) => InFlight
  /** Adds the headers of every reply to a reply for input that is not a request. */
  readonly stamp: (reply: Reply) => Reply
}

/**
 * The maximum number of separate servers. If there are more, the server that was idle longest is removed.
 *
 * @category constants
 */
export const maxServers = 1000

const root = "/__fake"

const originOf = ({ headers, url }: ServerRequest): string => {
  const [, origin] = /^(https?:\/\/[^/?#]+)/i.exec(url) ?? []
  return origin ?? `http://${headers["host"] ?? "127.0.0.1"}`
}

const noServer = (id: string): Reply =>
  errorReply(404, `There is no server '${id}': it has ended, or was dropped since 1,000 others were used later.`, {
    code: "unknown_server"
  })

/**
 * Makes an emulator that follows `clock`. Throws `InvalidSetting`.
 *
 * @example
 * ```ts
 * import { clock, emulator } from "@checkpoint-permissions/fake"
 *
 * const fake = emulator.make({ behavior: { rate: { requests: 10, per: 60_000 } } }, clock.real)
 * const request = { method: "GET", url: "/__fake/health", path: "/__fake/health", query: [], headers: {}, body: "" }
 * fake.receive(request, (outcome) => console.log(outcome))
 * ```
 *
 * @category constructors
 */
export const make = (options: Options, base: Clock): Emulator => {
  const { control = "local", ...hostOptions } = options
  const shared = memory()
  const start = (from: Host.Options): Instance => {
    const clock = shifted(base)
    return { host: makeHost(from, clock.now(), shared), clock }
  }
  const main = start(hostOptions)
  /** The separate servers by id, in the order of their last use. */
  const own = new Map<string, Instance>()
  let made = 0

  const servers = {
    make: (from: Host.Options): string => {
      const instance = start(from)
      made += 1
      const id = String(made)
      own.set(id, instance)
      const [oldest = id] = own.keys()
      if (own.size > maxServers) servers.end(oldest)
      return id
    },
    end: (id: string): boolean => {
      const instance = own.get(id)
      instance?.host.reset(instance.clock.now())
      return own.delete(id)
    }
  }
  const used = (id: string): Instance | undefined => {
    const instance = own.get(id)
    if (instance === undefined) return undefined
    own.delete(id)
    own.set(id, instance)
    return instance
  }

  /** Delays a reply until it is due. */
  const delay = (
    { isDue, millis, reply }: DelayedReply,
    host: Host.Host,
    respond: (outcome: Outcome) => void
  ): InFlight => {
    const stop = () => {
      stopTimer()
      stopRequests()
      stopResets()
    }
    const finish = () => {
      stop()
      respond(replied(reply()))
    }
    const stopTimer = base.setTimer(finish, millis)
    const stopResets = host.onReset(finish)
    const stopRequests = host.onRequest(() => {
      if (isDue()) finish()
    })
    return { abandon: stop }
  }

  const respondWith = (found: Answer, host: Host.Host, respond: (outcome: Outcome) => void): InFlight => {
    if ("isDue" in found) return delay(found, host, respond)
    respond(replied(found))
    return { abandon: () => {} }
  }

  const receiveFake = (
    allowed: Exclude<Control, "off">,
    request: ServerRequest,
    respond: (outcome: Outcome) => void
  ): InFlight => {
    const [, id, below] = /^\/__fake\/servers\/([^/]+)(\/.*)?$/.exec(request.path) ?? []
    const isRoot = id === undefined || below === undefined
    const instance = isRoot ? main : used(id)
    if (instance === undefined) return respondWith(stamp(noServer(id ?? "")), main.host, respond)
    const { clock, host } = instance
    const path = isRoot ? request.path.slice(root.length) : below
    if (!isRoot && /^\/v1(?:\/|$)/.test(path)) {
      return drive(host, clock, { ...request, basePath: `${root}/servers/${id}/v1` }, respond)
    }
    const context = { clock, host, request, servers, options: hostOptions, origin: originOf(request) }
    return respondWith(guard(allowed, request) ?? answer(path, isRoot, context), host, respond)
  }

  const stamp = (reply: Reply): Reply => main.host.stamp(reply, main.clock.now())

  return {
    ...main,
    receive: (request, respond) => {
      const isFake = request.path.startsWith(root) && /^\/__fake(?:\/|$)/.test(request.path)
      if (isFake && control !== "off") return receiveFake(control, request, respond)
      return drive(main.host, main.clock, request, respond)
    },
    stamp
  }
}
