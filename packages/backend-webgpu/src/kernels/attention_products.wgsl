// The products of a block, for both backward kernels of attention: scores q k in `weights` and dP = dout v in `slopes`. The workgroup's
// rows are $ROW and $ROW_OUT (q and dout, or k and v), the same for all lanes; a lane reads $PER positions of $LANE and $LANE_OUT.
#for R ROWS
#for P PER
      var x_$R_$P = 0.0;
      var dp_$R_$P = 0.0;
#end
#end
      for (var c = 0u; c < params.chunks; c++) {
#for P PER
        let own_$P = read_$LANE($LANE_at_$P, c);
        let own_out_$P = read_$LANE_OUT($LANE_OUT_at_$P, c);
#end
#for R ROWS
        let row_$R = read_$ROW($ROW_at_$R, c);
        let row_out_$R = read_$ROW_OUT($ROW_OUT_at_$R, c);
#for P PER
        x_$R_$P += dot(row_$R, own_$P);
        dp_$R_$P += dot(row_out_$R, own_out_$P);
#end
#end
      }
#for R ROWS
#for P PER
      weights[$Ru * block + $Pu * $LANESu + lane] = x_$R_$P;
      slopes[$Ru * block + $Pu * $LANESu + lane] = dp_$R_$P;
#end
#end
      workgroupBarrier();
