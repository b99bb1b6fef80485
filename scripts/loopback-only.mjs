/**
 * A preload (`node --import`) that refuses every connection and every name
 * look-up that would leave this machine. A refusal is an error like that of a
 * connection that failed; it is also written to the file `refused` beside this
 * module, if there is one, so that code which expects failures cannot hide one.
 * The file is found from the preload alone: a process may have a new environment.
 * LOOPBACK_ONLY_LOG names another file; empty, none.
 */
import dgram from "node:dgram"
import dns from "node:dns"
import { appendFileSync, existsSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import net from "node:net"
import { fileURLToPath } from "node:url"

/** Also the address that stands for all of this machine's own: a server may listen there. */
const isLoopback = (host) =>
  host === undefined ||
  host === null ||
  host === "" ||
  /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|\[?::1?\]?|::ffff:127(\.\d{1,3}){3})$/i.test(host)

const refusal = (host) => {
  const log = process.env["LOOPBACK_ONLY_LOG"] ?? fileURLToPath(new URL("refused", import.meta.url))
  if (existsSync(log)) appendFileSync(log, `${host} (by ${process.argv.slice(1, 3).join(" ")})\n`)
  return Object.assign(new Error(`loopback only: a connection to ${host} was refused`), {
    code: "ELOOPBACKONLY",
    hostname: host
  })
}

/** The host that `Socket.connect(options | path | port, host?)` names; `net.connect` passes an array. */
const hostOf = ([first, second]) => {
  if (Array.isArray(first)) return hostOf(first)
  if (typeof first === "object" && first !== null) return first.path ? undefined : first.host
  return typeof second === "string" ? second : undefined
}

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...args) {
  const host = hostOf(args)
  if (isLoopback(host)) return connect.apply(this, args)
  const error = refusal(host)
  process.nextTick(() => this.destroy(error))
  return this
}

for (const target of [dns, dns.Resolver.prototype, dns.promises, dns.promises.Resolver.prototype]) {
  const promised = target === dns.promises || target === dns.promises.Resolver.prototype
  for (const name of Object.getOwnPropertyNames(target)) {
    if (!/^(lookup$|resolve|reverse$)/.test(name)) continue
    const original = target[name]
    target[name] = function (host, ...args) {
      // An address is looked up without asking anybody, as that which a server listens on.
      if (isLoopback(host) || (name === "lookup" && net.isIP(host) !== 0)) return original.call(this, host, ...args)
      const error = refusal(host)
      if (promised) return Promise.reject(error)
      process.nextTick(args.at(-1), error)
    }
  }
}

for (const name of ["connect", "send"]) {
  const original = dgram.Socket.prototype[name]
  dgram.Socket.prototype[name] = function (...args) {
    const host = args.slice(1).find((argument) => typeof argument === "string")
    if (isLoopback(host)) return original.apply(this, args)
    throw refusal(host)
  }
}

syncBuiltinESMExports()
