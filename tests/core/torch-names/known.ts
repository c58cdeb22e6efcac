/**
 * What becomes of each name of torch.Tensor (PyTorch 1.13) and torch.special that is not simply ours in camelCase: the
 * name under which it is ours, or why it is not built.
 */

/** PyTorch's name: ours, as parity cases name it ('t.div', 'special.gcd', 'core.where'), or a property of tensors. */
export const under: Readonly<Record<string, string>> = {
  // Second names of the same function.
  absolute: 't.abs',
  absolute_: 't.abs_',
  arccos: 't.acos',
  arccos_: 't.acos_',
  arccosh: 't.acosh',
  arccosh_: 't.acosh_',
  arcsin: 't.asin',
  arcsin_: 't.asin_',
  arcsinh: 't.asinh',
  arcsinh_: 't.asinh_',
  arctan: 't.atan',
  arctan_: 't.atan_',
  arctan2: 't.atan2',
  arctan2_: 't.atan2_',
  arctanh: 't.atanh',
  arctanh_: 't.atanh_',
  clip: 't.clamp',
  clip_: 't.clamp_',
  clamp_max: 't.clamp',
  clamp_max_: 't.clamp_',
  clamp_min: 't.clamp',
  clamp_min_: 't.clamp_',
  divide: 't.div',
  divide_: 't.div_',
  true_divide: 't.div',
  true_divide_: 't.div_',
  fix: 't.trunc',
  fix_: 't.trunc_',
  greater: 't.gt',
  greater_: 't.gt_',
  greater_equal: 't.ge',
  greater_equal_: 't.ge_',
  less: 't.lt',
  less_: 't.lt_',
  less_equal: 't.le',
  less_equal_: 't.le_',
  multiply: 't.mul',
  multiply_: 't.mul_',
  negative: 't.neg',
  negative_: 't.neg_',
  not_equal: 't.ne',
  not_equal_: 't.ne_',
  sgn: 't.sign',
  sgn_: 't.sign_',
  subtract: 't.sub',
  subtract_: 't.sub_',
  ger: 't.outer',
  moveaxis: 't.movedim',
  swapdims: 't.transpose',
  split_with_sizes: 't.split',
  unsafe_split: 't.split',
  unsafe_split_with_sizes: 't.split',
  unsafe_chunk: 't.chunk',
  narrow_copy: 't.narrow',
  argwhere: 't.nonzero',
  expit: 't.sigmoid',
  psi: 't.digamma',
  gammaln: 't.lgamma',
  modified_bessel_i0: 'special.i0',
  modified_bessel_i1: 'special.i1',
  // The same thing in another place or under another name.
  mvlgamma: 'special.multigammaln',
  multinomial: 'core.multinomial',
  prelu: 'F.prelu',
  uniform_: 'init.uniform_',
  normal_: 'init.normal_',
  tolist: 't.toArray',
  numpy: 't.data',
  dim: 't.ndim',
  ndimension: 't.ndim',
  nelement: 't.numel',
  retains_grad: 't.retainGrad',
  ravel: 't.flatten',
  reshape_as: 't.reshape',
  view_as: 't.view',
  expand_as: 't.expand',
  T: 't.t',
  mT: 't.transpose',
  type: 't.to',
  type_as: 't.to',
  double: 't.to',
  half: 't.to',
  byte: 't.to',
  index_copy: 't.indexPut',
  index_copy_: 't.indexPut_',
  new_empty: 'core.zeros',
  new_full: 'core.full',
  new_ones: 'core.ones',
  new_tensor: 'core.tensor',
  new_zeros: 'core.zeros',
};

/** Names of torch that '@inkstone/core/special' has. Their forms in place there are: y = f(x); x.copy_(y). */
export const inPlaceOfSpecial = 'deg2rad_ float_power_ gcd_ i0_ lcm_ ldexp_ mvlgamma_ polygamma_ rad2deg_';

/** Why: the names. */
export const notBuilt: Readonly<Record<string, string>> = {
  'complex numbers: no dtype for them':
    'H adjoint mH angle cdouble cfloat chalf conj conj_physical conj_physical_ imag is_complex is_conj is_neg isreal real resolve_conj ' +
    'resolve_neg stft istft vdot',
  'sparse tensors':
    'ccol_indices coalesce col_indices crow_indices dense_dim indices is_coalesced is_sparse is_sparse_csr row_indices smm sparse_dim ' +
    'sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm to_dense to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo ' +
    'to_sparse_csc to_sparse_csr values',
  'quantised dtypes: see @inkstone/core/quantization':
    'dequantize int_repr is_quantized q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme',
  'linear algebra beyond products':
    'cholesky cholesky_inverse cholesky_solve cross det eig geqrf inverse logdet lstsq lu lu_solve matrix_exp matrix_power orgqr ormqr ' +
    'pinverse qr slogdet solve svd symeig triangular_solve kron',
  'a product that matmul, mv, outer and add say': 'addbmm addbmm_ addmv addmv_ addr addr_ inner',
  'dtypes that no backend has': 'bfloat16 char long short',
  'devices, memory and storage, which belong to the graph':
    'as_strided as_strided_ as_strided_scatter as_subclass contiguous cpu cuda data_ptr element_size get_device ipu is_contiguous is_cpu ' +
    'is_cuda is_inference is_ipu is_meta is_mkldnn is_mps is_nested is_ort is_pinned is_set_to is_shared is_vulkan is_xpu layout ' +
    'new new_empty_strided pin_memory record_stream resize resize_ resize_as resize_as_ resize_as_sparse_ set_ share_memory_ storage ' +
    'storage_offset storage_type stride to_mkldnn to_padded_tensor xpu',
  'named dimensions': 'align_as align_to has_names name names refine_names rename rename_',
  'the autograd of PyTorch seen from inside': 'grad_fn output_nr reinforce volatile is_distributed',
  'a question that shape and dtype answer': 'is_floating_point is_same_size is_signed is_nonzero',
  'Python functions on single elements': 'apply_ map_ map2_',
  'a tensor whose shape changes in place: a handle has one shape':
    'detach_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_',
  'draws: rand, randn, randint, multinomial and nn.init make those that training needs':
    'bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ random_',
  'the bits of a float, which the kernel language does not have': 'nextafter nextafter_',
  'an iteration whose length depends on the values, which the kernel language does not have':
    'gammainc gammaincc igamma igamma_ igammac igammac_ zeta',
  'functions of physics':
    'airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v ' +
    'chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p ' +
    'modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t ' +
    'shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w spherical_bessel_j0',
  'statistics that sort, where and the reductions make in a line or two':
    'corrcoef cov dist histogram mode msort nanmedian nanquantile renorm renorm_ unique_consecutive',
  'indexing that getItem, setItem, gather and scatter say':
    'index_reduce index_reduce_ put put_ scatter_reduce scatter_reduce_ select_scatter slice_scatter diagonal_scatter take',
  'arranging that flip, transpose, split, sum and setItem say':
    'diag_embed diagflat dsplit fill_diagonal_ fliplr flipud hsplit rot90 sum_to_size tensor_split vsplit',
  'the tensor itself': 'positive',
};
