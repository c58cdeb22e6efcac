import type { DeviceName } from '../protocol.js';
import type { Messages } from './english.js';

const count = (value: number) => value.toLocaleString('zh-CN');

const deviceNames: Record<DeviceName, string> = { webgpu: 'WebGPU', cpu: 'CPU' };

/** 中文页面。 */
export const chinese: Messages = {
  tagline: '在这个标签页里，用你的文本训练一个小 GPT',
  privacy: '一切都在这台设备上运行，你的文本不会发送到任何地方。',
  language: '语言',
  theme: { label: '外观', auto: '跟随系统', light: '浅色', dark: '深色' },
  optional: '可不填',

  text: {
    title: '文本',
    source: '文本来源',
    builtin: '内置',
    file: '文件',
    typed: '粘贴',
    builtinAbout: '为 Inkstone 编写的中英文短对话。',
    drop: '把文本文件拖到这里',
    choose: '或选择一个文件',
    dropAnywhere: '松开，用它训练',
    otherFile: '换一个文件',
    typedLabel: '训练文本',
    typedPlaceholder: '粘贴几页文字，越多越好。',
    useTyped: '使用这段文本',
    reading: '正在读取…',
    characters: (n) => `${count(n)} 个字符`,
    distinct: (n) => `${count(n)} 种`,
    openingOf: '文本开头',
  },

  model: {
    title: '模型',
    size: '规模',
    tiny: '极小',
    small: '小',
    medium: '中',
    custom: '自定义',
    layers: '层数',
    heads: '注意力头',
    width: '宽度',
    block: '上下文',
    blockHelp: '一次看到的字符数',
  },

  training: {
    title: '训练',
    batch: '批大小',
    learningRate: '学习率',
    seed: '随机种子',
    steps: '步数',
  },

  device: {
    title: '设备',
    auto: '自动',
    names: deviceNames,
    opening: '正在寻找设备…',
    runsOn: (name) => `使用 ${deviceNames[name]}`,
    oneThread: '只能用一个线程：服务器没有发送允许网页使用多线程的响应头。',
    notUsed(name, reason) {
      const subject = deviceNames[name];
      switch (reason.why) {
        case 'not-asked':
          return `没有选择 ${subject}。`;
        case 'second-choice':
          return `${subject} 也可以使用。`;
        case 'software':
          return `有 ${subject}，但它的适配器（${reason.adapter}）其实在 CPU 上计算，直接用 CPU 更快。`;
        case 'insecure':
          return `${subject} 需要安全的页面：https 或 localhost。`;
        case 'unsupported':
          return `这个浏览器没有 ${subject}。`;
        case 'failed':
          return `${subject} 无法使用：${reason.message}`;
      }
    },
  },

  run: {
    title: '训练过程',
    start: '开始训练',
    again: '重新训练',
    pause: '暂停',
    resume: '继续',
    stop: '停止',
    progress: '已完成的步数',
    step: '步',
    of: (steps) => `共 ${count(steps)}`,
    loss: '损失',
    validation: '验证损失',
    speed: '词元/秒',
    timeLeft: '剩余时间',
    parameters: (n, vocabulary) => `${count(n)} 个参数，${count(vocabulary)} 种字符`,
    states: {
      idle: '就绪',
      preparing: '准备中…',
      running: '训练中',
      pausing: '正在暂停…',
      paused: '已暂停',
      stopping: '正在停止…',
      finished: '已完成',
      stopped: '已停止',
    },
  },

  chart: {
    title: '损失',
    train: '训练',
    validation: '验证',
    entropy: '只知道字频时',
    step: '步',
    empty: '损失曲线会逐步画在这里。',
    describe: (step, loss, validation) =>
      `各步的损失。第 ${count(step)} 步，训练损失 ${loss}，验证损失 ${validation}。`,
    none: '尚无',
  },

  samples: {
    title: '样例',
    empty: '模型会不时写几行，最新的在最上面。',
    at: (step) => `第 ${count(step)} 步`,
  },

  write: {
    title: '让它写',
    prompt: '开头',
    promptPlaceholder: '从这里接着写',
    temperature: '温度',
    topK: 'Top-k',
    allCharacters: '全部',
    length: '长度',
    write: '写',
    stop: '停止',
    output: '写出的文字',
    empty: '训练开始后，可以让模型接着任何文字往下写。',
  },

  checkpoint: {
    download: '下载检查点',
    packing: '正在打包…',
    about: 'model.safetensors、config.json 和 tokenizer.json，打包成一个 zip',
  },

  problems: {
    range: (problem, label) =>
      `${label}应当是 ${problem.min} 到 ${problem.max} 的${problem.whole ? '整数' : '数'}，现在${problem.value ? `是 ${problem.value}` : '为空'}。`,
    multiple: (width, heads) => `宽度 ${width} 应当是注意力头数 ${heads} 的倍数。`,
    dismiss: '关闭',
    failure(failure) {
      switch (failure.code) {
        case 'empty-text':
          return `${failure.name ?? '文本'}是空的，需要一些字符才能学习。`;
        case 'not-utf8': {
          const byte = `0x${failure.byte.toString(16).toUpperCase().padStart(2, '0')}`;
          return `${failure.name} 不是 UTF-8：偏移 ${count(failure.offset)} 处的字节是 ${byte}。请另存为 UTF-8 再试。`;
        }
        case 'too-large':
          return `${failure.name} 有 ${count(failure.bytes)} 字节，这里最多读取 ${count(failure.most)} 字节。`;
        case 'unreadable':
          return `${failure.name} 无法读取：${failure.message}`;
        case 'too-short':
          return `文本只有 ${count(failure.characters)} 个字符，上下文为 ${count(failure.block)} 时至少需要 ${count(failure.needed)} 个。请换更长的文本或更小的上下文。`;
        case 'no-device':
          return chinese.device.notUsed(failure.name, failure.notUsed);
        case 'unknown-characters':
          return `训练文本里没有 ${failure.characters}，模型只认识训练文本里的字符。`;
        case 'other':
          return failure.message;
      }
    },
  },

  duration(seconds) {
    if (seconds < 60) return `${Math.ceil(seconds)} 秒`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} 分 ${Math.floor(seconds % 60)} 秒`;
    return `${Math.floor(seconds / 3600)} 小时 ${Math.floor((seconds % 3600) / 60)} 分`;
  },
};
