import { documentsContract } from '../src/testing/contracts/documents.ts'
import { documentMutants } from './mutants/documents.ts'
import { prove } from './mutants/proving.ts'

prove(documentsContract, documentMutants)
