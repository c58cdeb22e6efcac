    // Copies side $SIDE of a block: squares of four steps of l by four of the side's other axis ($OUTER).
    for (var q = lane; q < squares_$SIDE * squares_l; q += lanes) {
      let square_l = q % 2u + q / (2u * squares_$SIDE) * 2u;
      let square = q / 2u % squares_$SIDE;
      let l = l0 + square_l * 4u;
      let at = $SIDE_base + square * 4u * params.$SIDE_$OUTER + l * params.$SIDE_inner;
      let slot = square_l * 4u * (squares_$SIDE + 1u) + square;
#if $VECTORS
#for U 4
      let v_$U = within(vec4<u32>(l + $Uu), k_end, read_$SIDE(at + $Uu * params.$SIDE_inner));
      tile_$SIDE[slot + $Uu * (squares_$SIDE + 1u)] = v_$U;
#end
#else
#for E 4
      let v_$E = within(l + vec4<u32>(0u, 1u, 2u, 3u), k_end, read_$SIDE(at + $Eu * params.$SIDE_$OUTER));
#end
#for U 4
      tile_$SIDE[slot + $Uu * (squares_$SIDE + 1u)] = vec4<f32>(v_0[$U], v_1[$U], v_2[$U], v_3[$U]);
#end
#end
    }
