import { glass } from '../glass/de';
import { manage } from '../manage/de';
import type { More } from './more.fr';

export const more: More = { glass, manage };
