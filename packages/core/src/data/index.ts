/** '@inkstone/core/data': datasets and the batches that are made of them, as PyTorch's `torch.utils.data`. */
export { type BlockOptions, randomBlocks } from './blocks.js';
export {
  ArrayDataset,
  type Collated,
  type Dataset,
  defaultCollate,
  randomSplit,
  Subset,
  TensorDataset,
} from './dataset.js';
export { DataLoader, type DataLoaderOptions } from './loader.js';
