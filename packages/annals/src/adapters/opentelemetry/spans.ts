import {
  context,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Link,
  TraceFlags,
  type SpanContext,
  type SpanOptions,
} from '@opentelemetry/api'
import type { CommandSeen, HandlingSeen, Operation } from '../../store/observer.ts'
import type { Append } from '../../store/store.ts'
import { spanContextOf } from './trace-context.ts'

// The contexts of so many events of a page are looked at, which a span may be linked to by default.
const mostLinks = 128

/** A span as it is to be begun. */
export interface Planned {
  readonly name: string
  readonly options: SpanOptions
  /** What it is a part of. */
  readonly parent: Context
}

// what most spans need: a part of what is active, of no further kind
const plain: SpanOptions = {}
const client: SpanOptions = { kind: SpanKind.CLIENT }

/** The span of an operation. */
export function spanOf(operation: Operation): Planned {
  switch (operation.kind) {
    case 'append':
      return { name: 'append', options: client, parent: context.active() }
    case 'command':
      return commandSpan(operation)
    case 'handle':
    case 'rebuild':
      return handlingSpan(operation)
    default:
      return operation satisfies never
  }
}

/** What the span of an operation tells. */
export function attributesOfSpan(operation: Operation): Attributes {
  switch (operation.kind) {
    case 'append':
      return appendAttributes(operation.append)
    case 'command':
      return commandAttributes(operation)
    case 'handle':
    case 'rebuild':
      return handlingAttributes(operation)
    default:
      return operation satisfies never
  }
}

/** What a command is called among those of all aggregates. */
export function nameOf({ name, stream }: CommandSeen): string {
  return stream ? `${stream.category}.${name}` : name
}

/** A command is a part of what the caller says it belongs to, else of what is active. */
function commandSpan(command: CommandSeen): Planned {
  return {
    name: nameOf(command),
    options: plain,
    parent: within(spanContextOf(command.traceparent)),
  }
}

function commandAttributes(command: CommandSeen): Attributes {
  const { stream, tenant } = command
  return {
    'annals.command.name': nameOf(command),
    ...(stream && { 'annals.stream.category': stream.category, 'annals.stream.id': stream.id }),
    ...ofTenant(tenant),
  }
}

function appendAttributes({ tenant, drafts, inline }: Append): Attributes {
  const [first] = drafts
  const isOneStream = drafts.every(
    ({ stream }) => stream.category === first?.stream.category && stream.id === first.stream.id,
  )
  return {
    'messaging.system': 'annals',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'append',
    'messaging.batch.message_count': drafts.length,
    ...(first && isOneStream && ofStream(first.stream)),
    'annals.event.types': [...new Set(drafts.map(({ type }) => type))],
    ...(inline && { 'annals.append.inline': inline.models.map(({ name }) => name) }),
    ...ofTenant(tenant),
  }
}

/**
 * What a processor does with events. One event of a subscription is a part of the trace that recorded it. A page of
 * a view or a projection is linked to what recorded its events, and is a part of the first of these that is sampled, so that
 * it is in the sample where any of them is. While a version is being built its pages are linked, and of a trace of their own:
 * those of the events may be years old.
 */
function handlingSpan(handling: HandlingSeen): Planned {
  const { kind: what, processor, events } = handling
  const { kind, name } = processor
  const origins = originsOf(events)
  const sampled = origins.find(({ traceFlags }) => (traceFlags & TraceFlags.SAMPLED) !== 0)
  const links = kind === 'subscription' ? [] : origins.map((origin): Link => ({ context: origin }))
  return {
    name: `${what} ${name}`,
    options: { kind: SpanKind.CONSUMER, links },
    parent: what === 'rebuild' ? context.active() : within(sampled ?? origins[0]),
  }
}

function handlingAttributes({
  kind: what,
  processor: { kind, name, version },
  events,
}: HandlingSeen): Attributes {
  const [first] = events
  return {
    'messaging.system': 'annals',
    'messaging.operation.type': 'process',
    'messaging.operation.name': what,
    'messaging.consumer.group.name': name,
    'annals.processor.name': name,
    'annals.processor.version': version,
    'annals.processor.kind': kind,
    ...(kind === 'subscription' && first
      ? {
          'messaging.message.id': first.id,
          'annals.event.types': [first.type],
          'annals.event.position': first.position,
          ...ofStream(first.stream),
          ...ofTenant(first.tenant),
        }
      : { 'messaging.batch.message_count': events.length }),
  }
}

/** The spans that events were recorded in, each once. */
function originsOf(events: HandlingSeen['events']): readonly SpanContext[] {
  const traceparents = events.slice(0, mostLinks).map(({ metadata }) => metadata.traceparent)
  return [...new Set(traceparents)].flatMap((traceparent) => spanContextOf(traceparent) ?? [])
}

/** What is active, inside a span; the span itself where it is active. */
function within(span: SpanContext | undefined): Context {
  const active = context.active()
  if (!span || trace.getSpanContext(active)?.spanId === span.spanId) return active
  return trace.setSpanContext(active, span)
}

function ofStream({
  category,
  id,
}: {
  readonly category: string
  readonly id: string
}): Attributes {
  return {
    'messaging.destination.name': category,
    'annals.stream.category': category,
    'annals.stream.id': id,
  }
}

function ofTenant(tenant: string): Attributes {
  return tenant === '' ? {} : { 'annals.tenant': tenant }
}
