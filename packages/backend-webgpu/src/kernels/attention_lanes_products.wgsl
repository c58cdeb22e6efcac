// As attention_products.wgsl, between the lanes of a subgroup: each reads one position of $LANE and $LANE_OUT and one of the rows,
// $ROW and $ROW_OUT, which go round by broadcast. Row R's products with the lane's own position are x_R and dp_R.
#for R LANES
      var x_$R = 0.0;
      var dp_$R = 0.0;
#end
      for (var c = 0u; c < params.chunks; c++) {
        let own = read_$LANE($LANE_at, c);
        let own_out = read_$LANE_OUT($LANE_OUT_at, c);
        let row = read_$ROW($ROW_at, c);
        let row_out = read_$ROW_OUT($ROW_OUT_at, c);
#for R LANES
        x_$R += dot(subgroupBroadcast(row, $Ru), own);
        dp_$R += dot(subgroupBroadcast(row_out, $Ru), own_out);
#end
      }
