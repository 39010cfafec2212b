import { glass } from '../glass/nl';
import { manage } from '../manage/nl';
import type { More } from './more.fr';

export const more: More = { glass, manage };
