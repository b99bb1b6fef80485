import { Context, type Exit, Layer, Option, Tracer } from "effect"

/** A span with private fields, as tracers have: a copy of it, or one that inherits from it, does not work. */
class KeptSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly #attributes = new Map<string, unknown>()
  #ended = 0
  readonly traceId = `${"0".repeat(31)}1`
  readonly sampled = true
  readonly links: Array<Tracer.SpanLink> = []
  readonly status: Tracer.SpanStatus = { _tag: "Started", startTime: 0n }
  readonly context = Context.empty()
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly kind: Tracer.SpanKind
  readonly spanId: string
  /** How it ended. */
  exit: Exit.Exit<unknown, unknown> | undefined = undefined
  constructor(name: string, parent: Option.Option<Tracer.AnySpan>, kind: Tracer.SpanKind, spanId: string) {
    this.name = name
    this.parent = parent
    this.kind = kind
    this.spanId = spanId
  }
  get attributes() {
    return this.#attributes
  }
  get ended() {
    return this.#ended
  }
  /** The name of the span around it. */
  get around() {
    const above = Option.getOrUndefined(this.parent)
    return above?._tag === "Span" ? above.name : undefined
  }
  get failed() {
    return this.exit?._tag === "Failure"
  }
  attribute(key: string, value: unknown) {
    this.#attributes.set(key, value)
  }
  event() {}
  addLinks() {}
  end(_at: bigint, exit: Exit.Exit<unknown, unknown>) {
    this.#ended += 1
    this.exit = exit
  }
}

/** Keeps every span. */
export const tracing = () => {
  const spans: Array<KeptSpan> = []
  const tracer = Tracer.make({
    span: (name, parent, _context, _links, _start, kind) => {
      const span = new KeptSpan(name, parent, kind, String(spans.length + 1).padStart(16, "0"))
      spans.push(span)
      return span
    },
    context: (run) => run()
  })
  /** The spans of operations, with their attributes. */
  const ours = () =>
    spans
      .filter(({ name }) => name.startsWith("CheckpointPermissions."))
      .map(
        ({ attributes, failed, name }): Record<string, unknown> => ({
          name: name.slice("CheckpointPermissions.".length),
          failed,
          ...Object.fromEntries(attributes)
        })
      )
  return { layer: Layer.setTracer(tracer), ours, spans }
}
