/** The lessons: the programs of the tutorials, in the order in which to take them. */
import { activationsAndLosses } from './activations-and-losses.js';
import { attentionZh } from './attention-zh.js';
import { bertZh } from './bert-zh.js';
import { bigramShakespeare } from './bigram-shakespeare.js';
import { bigramZh } from './bigram-zh.js';
import { dialogueLesson } from './dialogue.js';
import { helloLstm } from './hello-lstm.js';
import type { Lesson } from './lesson.js';
import { selfAttention } from './self-attention.js';
import { xor } from './xor.js';

export {
  type BeginEvent,
  type CurvesEvent,
  type DoneEvent,
  type Lesson,
  type LessonEvent,
  type LessonOptions,
  type LessonStepEvent,
  type LessonText,
  type MatrixEvent,
  type NoteEvent,
  type Outcome,
  runLesson,
  settingsOf,
  type TableEvent,
  type TellingEvent,
  type TextEvent,
  type Words,
} from './lesson.js';

export const lessons: readonly Lesson[] = [
  attentionZh,
  bigramZh,
  bertZh,
  selfAttention,
  bigramShakespeare,
  activationsAndLosses,
  xor,
  helloLstm,
  dialogueLesson,
];

/** The lesson of that name, or undefined. */
export function findLesson(name: string): Lesson | undefined {
  return lessons.find((lesson) => lesson.name === name);
}
