import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import type { TracedOptions } from 'annals/opentelemetry'

/** What a program sets up that keeps one trace of a hundred, and all metrics. What is exported stays in this process. */
export interface Tracing extends TracedOptions {
  end(): Promise<void>
}

/** Sets it up; until it ends, all that this process does has a context. */
export function onePercentTraced(): Tracing {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const tracerProvider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }),
    spanProcessors: [new BatchSpanProcessor(new InMemorySpanExporter())],
  })
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter })],
  })
  return {
    tracerProvider,
    meterProvider,
    async end() {
      await tracerProvider.shutdown()
      await meterProvider.shutdown()
      context.disable()
    },
  }
}
