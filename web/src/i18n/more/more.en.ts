import { glass } from '../glass/en';
import { manage } from '../manage/en';
import type { More } from './more.fr';

export const more: More = { glass, manage };
