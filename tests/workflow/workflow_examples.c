/* The examples of the language, as far as they are supported. */
#include "base/memory.h"
#include "fixture.h"

static const char variants[] =
    "pargraph: 1\n"
    "name: variants                                  # per-sample pipeline\n"
    "params:\n"
    "  samples: {type: json, default: \"${{ csv('samples.csv') }}\"}       # a list of maps\n"
    "  ref: {type: text, default: ref.fa}\n"
    "resources: {mem: 56G}\n"
    "defaults: {shell: bash, retry: {max: 2, delay: 10s, backoff: 3}}\n"
    "tasks:\n"
    "  index:\n"
    "    run: bwa index ${{ params.ref }}\n"
    "  align:\n"
    "    needs: index\n"
    "    matrix: {sample: \"${{ params.samples }}\"}\n"
    "    resources: {cpu: 8, mem: \"${{ 8 * task.attempt }}G\"}\n"
    "    timeout: 6h\n"
    "    run: |\n"
    "      bwa mem -t \"$PARGRAPH_CPUS\" ${{ params.ref }} ${{ matrix.sample.r1 }} ${{ "
    "matrix.sample.r2 }} |\n"
    "        samtools sort -o bam/${{ matrix.sample.name }}.bam\n"
    "  depth:\n"
    "    matrix: {sample: \"${{ params.samples }}\"}\n"
    "    needs: {align: same}\n"
    "    outputs: {mean: float}\n"
    "    run: |\n"
    "      d=$(samtools depth -a bam/${{ matrix.sample.name }}.bam | awk '{s += $3} END {print s / "
    "NR}')\n"
    "      echo \"mean=$d\" >> \"$PARGRAPH_OUTPUT\"\n"
    "  variants:\n"
    "    matrix: {sample: \"${{ params.samples }}\"}\n"
    "    needs: [{align: same}, {depth: same}]\n"
    "    if: needs.depth.outputs.mean >= 10\n"
    "    run: bcftools call -o vcf/${{ matrix.sample.name }}.vcf.gz bam/${{ matrix.sample.name "
    "}}.bam\n"
    "  report:\n"
    "    needs: [variants, depth]\n"
    "    stdin: {text: \"${{ json(needs.depth.instances) }}\"}\n"
    "    stdout: {file: report.html}\n"
    "    run: ./report vcf/*.vcf.gz\n";

static const char others[] =
    "pargraph: 1\n"
    "timeout: 5h\n"
    "failure-policy: keep-going\n"
    "params: {n: {type: int, default: 1000, min: 1}, np: {type: int, default: 16}}\n"
    "resources: {cpu: 64, tecplot: 2}\n"
    "tasks:\n"
    "  case:\n"
    "    matrix:\n"
    "      re: [100, 400, 1000]\n"
    "      mesh-size: [64, 128]\n"
    "      include:\n"
    "        - {re: 1000, iterations: 20000}\n"
    "        - {re: 5000, mesh-size: 256, iterations: 50000}\n"
    "    env: {CASE: \"runs/re${{ matrix.re }}-n${{ matrix.mesh-size }}\"}\n"
    "    retry: {max: 1, when: [signal, timeout]}\n"
    "    run: mkdir -p \"$CASE\" && ./mesh --n ${{ matrix.mesh-size }} -o \"$CASE/mesh\"\n"
    "    cleanup: rm -rf \"$CASE\"/processor*\n"
    "  solve: {exec: [./solve, --iterations, \"${{ params.np or 5000 }}\", \"${{ env.CASE }}\"]}\n"
    "  cell:                                         # n*n instances\n"
    "    matrix: {i: \"${{ range(params.n) }}\", j: \"${{ range(params.n) }}\"}\n"
    "    needs:\n"
    "      - {cell: {i: \"${{ matrix.i - 1 }}\", j: \"${{ matrix.j }}\"}, if: matrix.i > 0}\n"
    "      - {cell: {i: \"${{ matrix.i }}\", j: \"${{ matrix.j - 1 }}\"}, if: matrix.j > 0}\n"
    "  sum:                                          # heap numbers: root 1, leaves n..2n-1\n"
    "    matrix: {k: \"${{ range(1, 2 * params.n) }}\"}\n"
    "    needs: {sum: {k: [\"${{ 2 * matrix.k }}\", \"${{ 2 * matrix.k + 1 }}\"]}, if: matrix.k < "
    "params.n}\n"
    "  sed: {exec: [sed, s/dog/cat/], stdin: {text: dog is a pet}}\n"
    "  ls: {run: ls /, continue-on-error: true}\n"
    "  show:\n"
    "    needs: [sed, ls]\n"
    "    run: printf '%s\\n' ${{ needs.sed.stdout }} '${{ needs.sed.stderr }}' ${{ "
    "needs.sed.exit_code }}"
    " ${{ needs.ls.exit_code }}\n"
    "  total: {needs: cell, stdout: {file: out/total.txt},"
    " run: \"printf '%s\\\\n' ${{ needs.cell.stdout }} | ./total\"}\n"
    "finally:\n"
    "  plot: {if: success(), resources: {tecplot: 1}, run: ./plot runs/*/forces.dat}\n"
    "  alert:\n"
    "    if: failure() or cancelled()\n"
    "    stdin: {text: '${{ join(run.failed, \"\\n\") }}'}\n"
    "    run: mail -s \"nightly $PARGRAPH_RUN_ID\" ops@example.org\n";

static void test_examples(void)
{
    struct fixture f;
    fixture_read_with(&f, variants, "{\"samples\": [{\"name\": \"a\"}]}");
    CLEANUP_FREE char *errors = fixture_errors(&f);
    CHECK_TEXT(errors, "");
    CU_ASSERT_TRUE(fixture_is_single(&f, "variants", "depth"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "report", "depth"));
    CU_ASSERT_EQUAL(fixture_task(&f, "depth")->keeps, KEEPS_STDOUT);
    fixture_release(&f);
    fixture_good(&f, others);
    CU_ASSERT_FALSE(fixture_is_single(&f, "cell", "cell"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "sum", "sum"));
    CU_ASSERT_EQUAL(fixture_task(&f, "case")->matrix->variable_count, 3);
    CU_ASSERT_EQUAL(f.workflow.finally_count, 2);
    fixture_release(&f);
}

const struct check examples_checks[] = {
    {"examples", test_examples},
    {0},
};
