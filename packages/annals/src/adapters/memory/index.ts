export { memory, type MemoryOptions } from './store.ts'
