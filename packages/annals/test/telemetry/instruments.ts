import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  MeterProvider,
  MetricReader,
  type DataPoint,
  type Histogram,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base'
import type { TracedOptions } from 'annals/opentelemetry'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

/** Reads metrics when it is asked. */
class Reader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** Spans and metrics that stay in the test. */
export interface Collected {
  readonly options: Required<Pick<TracedOptions, 'tracerProvider' | 'meterProvider'>>
  /** The spans that have ended, in that order. */
  readonly spans: () => readonly ReadableSpan[]
  /** The one span of a name. */
  readonly span: (name: string) => ReadableSpan
  readonly collect: () => Promise<ResourceMetrics>
  /** The points of a metric; none where nothing was measured. */
  readonly points: (metric: string) => Promise<readonly DataPoint<number | Histogram>[]>
}

export function collecting(sampler?: Sampler): Collected {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler }),
  })
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const spans = () => exporter.getFinishedSpans()
  const collect = async () => (await reader.collect()).resourceMetrics
  return {
    options: { tracerProvider, meterProvider },
    spans,
    span: (name) => {
      const [found, ...others] = spans().filter((span) => span.name === name)
      if (!found || others.length > 0)
        throw new Error(
          `${name} is not one of: ${spans()
            .map((span) => span.name)
            .join(', ')}`,
        )
      return found
    },
    collect,
    points: async (metric) => {
      const { scopeMetrics } = await collect()
      const all = scopeMetrics.flatMap(({ metrics }) => metrics)
      const found = all.find(({ descriptor }) => descriptor.name === metric)
      return (found?.dataPoints ?? []) as readonly DataPoint<number | Histogram>[]
    },
  }
}
