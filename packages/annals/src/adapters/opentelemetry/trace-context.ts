import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/

/** The span that a `traceparent` names (https://www.w3.org/TR/trace-context), `undefined` where it names none. */
export function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  if (traceparent === undefined) return undefined
  const [, traceId = '', spanId = '', flags = ''] = pattern.exec(traceparent) ?? []
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(found) ? found : undefined
}

/** The `traceparent` that names a span, `undefined` where nobody traces. */
export function traceparentOf(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined
  const { traceId, spanId, traceFlags } = span
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
