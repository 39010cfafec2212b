export { UiProvider } from './UiProvider';
export { Button, PasswordField, TextField } from './controls';
export { AreaField, Chips, InputField, SelectField, type Option } from './forms';
export { DateButton, DateField } from './date';
export { ChoiceMenu, Dialog, type Choice } from './overlays';
export { Icon, Mark, type IconName } from './icons';
export { FailureNote, Loading, Note, Panel, Show } from './panel';
export { Table } from './table';
export { say, sayNothing, Toast } from './toast';
